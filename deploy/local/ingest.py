"""Hands an import the database of the run that is up, so that nobody has to know its address."""

from __future__ import annotations

import os
import sys
from typing import Final

from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.settings import LocalSettings

CATALOGUES: Final = ("compute", "models", "packages")


def ingest(settings: LocalSettings, arguments: list[str]) -> None:
    """Become `python -m services.NAME.ingest ...`; the first argument is the name. Raises LocalError.

    STACK8S_NAME_DATABASE_URL, where it is set, says which database; else it is the one of the run in STACK8S_HOME.
    """
    name, *rest = arguments or [""]
    if name not in CATALOGUES:
        raise LocalError(f"unknown catalogue {name!r}: say {', '.join(CATALOGUES)}")
    variable = f"STACK8S_{name.upper()}_DATABASE_URL"
    environment = dict(os.environ)
    if not environment.get(variable):
        home = Home(settings.home)
        if not home.locked_by_other() or not home.database_url.exists():
            raise LocalError(f"nothing runs in {home.root}: type `make run` in another terminal, or set {variable}")
        environment[variable] = home.database_url.read_text()
    os.execve(sys.executable, [sys.executable, "-m", f"services.{name}.ingest", *rest], environment)
