"""`python -m services.compute.ingest --source skypilot|gpuhunt|csv --from WHERE`: import prices, show what changed."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from libs.database import is_outage, migrate, open_pool
from services.compute.ingest.files import find_files
from services.compute.ingest.gpuhunt import GpuhuntImporter
from services.compute.ingest.importer import Importer, SourceError
from services.compute.ingest.pipeline import Report, import_all
from services.compute.ingest.skypilot import SkyPilotImporter
from services.compute.ingest.table import TableImporter
from services.compute.settings import SCHEMA, ComputeSettings
from services.compute.store import CatalogueStore

SOURCES: Final = ("skypilot", "gpuhunt", "csv")
_SHOWN_REFUSALS: Final = 5
"""For each provider; GetCatalogInfo tells more."""


def open_importer(source: str, location: str, as_of: datetime | None = None) -> Importer:
    """Return the importer of a kind of source at a location; as_of replaces the dates of files. Raises SourceError."""
    if source == "gpuhunt":
        return GpuhuntImporter(location)
    files = [f if as_of is None else replace(f, as_of=as_of) for f in find_files(location)]
    return SkyPilotImporter(files) if source == "skypilot" else TableImporter(files)


async def run(
    settings: ComputeSettings, source: str, location: str, as_of: datetime | None, console: Console
) -> Report:
    """Import and publish. Raises SourceError when the source cannot be read at all."""
    pool = await open_pool(settings.database_url.get_secret_value(), schema=SCHEMA)
    try:
        await migrate(pool, Path(__file__).parent.parent / "migrations", schema=SCHEMA)
        importer = await asyncio.to_thread(open_importer, source, location, as_of)
        providers = importer.providers()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("reading", total=len(providers))

            def show(provider: str, rows: int) -> None:
                done = providers.index(provider) if provider in providers else 0
                bar.update(task, completed=done, description=f"{provider}: {rows} rows")

            store = CatalogueStore(pool)
            return await import_all(store, importer, name=source, keep_snapshots=settings.keep_snapshots, progress=show)
    finally:
        await pool.close()


def show_report(report: Report, console: Console) -> None:
    """Print what changed for each provider, and the first refused rows with their reasons."""
    columns = ("provider", "state", "new", "changed", "gone", "same", "refused", "message")
    table = Table(*columns, title="compute import")
    for one in report.providers:
        d = one.difference
        numbers = (d.new, d.changed, d.gone, d.same, len(one.refused))
        table.add_row(one.provider, one.state, *map(str, numbers), one.message)
    console.print(table)
    for one in report.providers:
        for refusal in one.refused[:_SHOWN_REFUSALS]:
            told = f"refused {refusal.location}: {refusal.reason}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)
        if len(one.refused) > _SHOWN_REFUSALS:
            console.print(f"... and {len(one.refused) - _SHOWN_REFUSALS} more of {one.provider}")
    console.print(f"snapshot {report.snapshot_id} published" if report.snapshot_id else "nothing changed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every provider was read, 1 when some failed, 2 when the source cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m services.compute.ingest", description=__doc__)
    parser.add_argument("--source", choices=SOURCES, required=True)
    where = "folder, file or http(s) address; for gpuhunt also 'published' or 'live:NAME,NAME'"
    parser.add_argument("--from", dest="location", required=True, help=where)
    as_of = "date of the prices, such as 2026-05-20, where the files' own dates are not theirs"
    parser.add_argument("--as-of", type=_date, default=None, help=as_of)
    options = parser.parse_args(arguments)
    console = Console()
    try:
        settings = ComputeSettings()
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(map(str, fault["loc"])).upper()
            console.print(f"STACK8S_COMPUTE_{name}: {fault['msg']}", markup=False, soft_wrap=True)
        return 2
    try:
        report = asyncio.run(run(settings, options.source, options.location, options.as_of, console))
    except SourceError as error:
        console.print(f"cannot import: {error}", markup=False, soft_wrap=True)
        return 2
    except Exception as error:
        if not is_outage(error):
            raise
        console.print("the database does not answer; is it running, and is STACK8S_COMPUTE_DATABASE_URL right?")
        return 2
    show_report(report, console)
    return 1 if any(one.state in ("kept", "failed") for one in report.providers) else 0


def _date(text: str) -> datetime:
    """Return the moment that a date in ISO 8601 means, in UTC where it says no zone. Raises ArgumentTypeError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write one such as 2026-05-20") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
