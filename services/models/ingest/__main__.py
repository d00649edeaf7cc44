"""Imports models: `python -m services.models.ingest --source hub|jsonl --from ADDRESS|FILE [--cards FOLDER]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential

from libs.database import Pool, is_outage
from libs.errors import Stack8sError
from libs.logging import configure_logging
from services.models.embed.choose import Embedders, embedders
from services.models.ingest import fill, pipeline, starter
from services.models.ingest.hub import HubSource
from services.models.ingest.jsonl import JsonlSource
from services.models.ingest.progress import Meter
from services.models.ingest.source import Source
from services.models.settings import ModelsSettings
from services.models.store.pool import open_migrated

_TRIES: Final = 8
_LONGEST_PAUSE_S: Final = 10.0


def shard_of(text: str) -> tuple[int, int]:
    """Return the 0-based shard and how many there are, of a text such as 1/4. Raises ArgumentTypeError."""
    first, _, second = text.partition("/")
    if not (first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard: write 1/4 to 4/4")
    return int(first) - 1, int(second)


def count_of(text: str) -> int:
    """Return a number of models. Raises ArgumentTypeError for one below 1."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of models: write 1 or more")
    return int(text)


def filter_of(text: str) -> str:
    """Return a tag, or key=value. Raises ArgumentTypeError where a side is empty: the Hub would give everything."""
    if not all(part.strip() for part in text.split("=", 1)):
        raise argparse.ArgumentTypeError(f"{text!r} is no filter: write a tag such as en, or author=openai")
    return text


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.models.ingest", description=__doc__)
    parser.add_argument("--source", choices=("hub", "jsonl", "starter"), help="what to import")
    parser.add_argument("--from", dest="origin", default="", help="address of a Hub, or a file of JSON lines (or .gz)")
    parser.add_argument("--cards", default="", help="folder of ORG__NAME.md cards, for jsonl")
    parser.add_argument(
        "--filter", type=filter_of, action="append", default=[], help="tag or key=value of the listing; repeatable"
    )
    parser.add_argument("--limit", type=count_of, help="stop after about so many models of the Hub")
    parser.add_argument("--shard", type=shard_of, default=(0, 1), help="part such as 1/4; all parts publish as one")
    parser.add_argument("--fill", action="store_true", help="embed now what the better spaces lack")
    return parser.parse_args()


def _source(arguments: argparse.Namespace, settings: ModelsSettings) -> Source:
    if arguments.source == "starter":
        return starter.StarterSource()
    reader = replace(starter.record_reader(), known=starter.models())
    if arguments.source == "hub":
        token = settings.hub_token.get_secret_value() if settings.hub_token else None
        return HubSource(
            arguments.origin or settings.hub_endpoint,
            token=token,
            filters=arguments.filter,
            reader=reader,
            limit=arguments.limit,
            say=_say,
        )
    file = Path(arguments.origin)
    if not file.is_file():
        what = (
            f"{arguments.origin!r} is a folder"
            if arguments.origin and file.is_dir()
            else f"there is no file {arguments.origin!r}"
        )
        raise SystemExit(f"{what}: give one file of JSON lines in the Hub's shape, plain or gzip, with --from")
    cards = Path(arguments.cards) if arguments.cards else None
    if cards is not None and not cards.is_dir():
        raise SystemExit(f"there is no folder {arguments.cards!r}: give the folder of ORG__NAME.md cards, or none")
    return JsonlSource(file, cards=cards, reader=reader)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _run(pool: Pool, source: Source, **how: Any) -> pipeline.Outcome:
    """Run an import; where the database goes away, wait for it and go on from where it was."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_outage),
        stop=stop_after_attempt(_TRIES),
        wait=wait_exponential(max=_LONGEST_PAUSE_S),
        before_sleep=lambda state: _say("the database does not answer: tries again shortly"),
        reraise=True,
    ):
        with attempt:
            return await pipeline.run(pool, source, **how)
    raise AssertionError("tenacity ends by returning or raising")


async def _import(arguments: argparse.Namespace, settings: ModelsSettings, chosen: Embedders) -> None:
    source = _source(arguments, settings) if arguments.source else None
    pool = await open_migrated(settings.database_url.get_secret_value())
    shard, shards = arguments.shard
    try:
        if source is not None:
            outcome = await _run(
                pool, source, fast=chosen.fast, better=chosen.better, shard=shard, shards=shards, meter=Meter(_say)
            )
            waits = f"done; it is published when all {shards} shards are"
            _say(f"{outcome.progress}; {f'published as {outcome.snapshot_id}' if outcome.snapshot_id else waits}")
            if shards == 1 and not outcome.progress.seen:
                raise SystemExit(f"{source.name} has no model: nothing has changed")
        if arguments.fill:
            for embedder in chosen.better:
                await fill.fill(pool, embedder, report=lambda count: _say(f"{count:,} passages embedded"))
    finally:
        await pool.close()


def main() -> None:
    """Import what the arguments name; a failure leaves what answers as it is, and the next run goes on from there."""
    arguments = _arguments()
    if not arguments.source and not arguments.fill:
        raise SystemExit("nothing to do: give --source, or --fill")
    settings = ModelsSettings()
    configure_logging("WARNING")
    logging.getLogger("asyncpg").setLevel(logging.ERROR)  # of a database that went away _run tells in its own words
    try:
        asyncio.run(_import(arguments, settings, embedders(settings)))
    except Stack8sError as error:
        raise SystemExit(error.message) from None
    except Exception as error:
        if not is_outage(error):
            raise
        raise SystemExit(f"the database went away ({type(error).__name__}); run it again to go on") from None
    except KeyboardInterrupt:
        raise SystemExit("stopped; run it again to go on") from None


if __name__ == "__main__":
    main()
