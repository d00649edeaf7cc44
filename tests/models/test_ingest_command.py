"""The command that imports says in its own words what went wrong."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import asyncpg
import pytest

from services.models.ingest import __main__ as command


def test_a_database_that_goes_away_is_told_in_a_sentence_without_tracebacks(monkeypatch, capsys):
    async def go_away(*_: object) -> None:
        try:
            raise asyncpg.CannotConnectNowError("the database system is shutting down")
        except asyncpg.CannotConnectNowError:
            logging.getLogger("asyncpg.pool").warning("failed to restore the pool; retrying", exc_info=True)
            logging.getLogger("services.models").warning("vectors are left to the background")
            raise

    monkeypatch.setattr(command, "_import", go_away)
    monkeypatch.setattr(sys, "argv", ["ingest", "--source", "starter"])
    monkeypatch.setenv("STACK8S_MODELS_DATABASE_URL", "postgresql://nobody@localhost/none")
    before = logging.getLogger("asyncpg").level
    try:
        with pytest.raises(SystemExit, match="the database went away"):
            command.main()
    finally:
        logging.getLogger("asyncpg").setLevel(before)
    told = capsys.readouterr().err
    assert "left to the background" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        *(("--filter", text, "write a tag such as en") for text in ("", "=", "author=", "=openai", " ")),
        *(("--shard", text, "write 1/4 to 4/4") for text in ("", "0/4", "5/4", "x", "1/0", "1/", "2")),
        *(("--limit", text, "write 1 or more") for text in ("", "0", "many", "1.5")),
    ],
)
def test_what_an_option_cannot_be_is_refused_with_what_it_can(option, text, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ingest", "--source", "hub", option, text])
    with pytest.raises(SystemExit):
        command.main()
    told = capsys.readouterr().err
    assert option in told
    assert repr(text) in told
    assert says in told


@pytest.mark.parametrize(
    ("origin", "says"), [("", "there is no file ''"), ("none", "there is no file"), (".", "'.' is a folder")]
)
def test_what_is_no_file_of_records_is_told_for_what_it_is(origin, says, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ingest", "--source", "jsonl", "--from", origin])
    monkeypatch.setenv("STACK8S_MODELS_DATABASE_URL", "postgresql://nobody@localhost/none")
    with pytest.raises(SystemExit, match=says):
        command.main()


def test_a_file_without_a_model_ends_with_a_failure_and_says_what_its_lines_are(fresh_database_url, tmp_path):
    file = tmp_path / "list.json"
    file.write_text('[{"id": "org/model"}]')
    told = subprocess.run(
        [sys.executable, "-m", "services.models.ingest", "--source", "jsonl", "--from", str(file)],
        env=os.environ | {"STACK8S_MODELS_DATABASE_URL": fresh_database_url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert "refused line 1: is a JSON list, not an object" in told.stderr
    assert "list.json has no model: nothing has changed" in told.stderr


@pytest.mark.parametrize(("text", "shard"), [("1/1", (0, 1)), ("2/4", (1, 4)), ("4/4", (3, 4))])
def test_shards_are_written_as_people_count(text, shard):
    assert command.shard_of(text) == shard


@pytest.mark.parametrize("text", ["en", "author=openai", "search=a=b"])
def test_a_filter_is_a_tag_or_a_key_with_its_value(text):
    assert command.filter_of(text) == text
