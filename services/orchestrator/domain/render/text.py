"""Text that lands in Markdown is escaped here, and only here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"[\\`*\[\]<>|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINE_START: Final = re.compile(r"^([#>+-]|\d+[.)])(?=\s|$)")
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def md(text: object) -> str:
    """Return a text as one line of Markdown that shows exactly its characters."""
    line = _BLANK.sub(" ", str(text)).strip()
    line = _SPECIAL.sub(lambda m: f"\\{m.group()}", line).replace("&", "&amp;")
    return _LINE_START.sub(r"\\\1", line)


def code(text: str) -> str:
    """Return a text as inline code; a backtick within it becomes an apostrophe."""
    line = _BLANK.sub(" ", text).strip().replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    """Return a table of cells that are Markdown already; right: columns of figures."""
    figures = set(right)
    rule = ["---:" if n in figures else "---" for n in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
