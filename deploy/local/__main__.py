"""`python -m deploy.local` runs the product here; from another terminal `stop` stops it, `ingest NAME ...` imports."""

import asyncio
import sys

from deploy.local.console import LocalError, complain
from deploy.local.ingest import ingest
from deploy.local.run import run, stop_other
from deploy.local.settings import load_settings


def main(arguments: list[str]) -> int:
    """Run or stop, and return the exit code."""
    try:
        if arguments[:1] == ["ingest"]:
            ingest(load_settings(), arguments[1:])
        if arguments not in ([], ["stop"]):
            raise LocalError(f"unknown argument {' '.join(arguments)}: say nothing to run, stop, or ingest")
        asyncio.run(stop_other(load_settings()) if arguments else run(load_settings()))
    except LocalError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:  # before the run listens to signals
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
