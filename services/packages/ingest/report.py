"""What an import did, while it runs and at its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from services.packages.domain.snapshot import Refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one repository fared."""

    repository: str
    state: str
    """ok, unchanged, kept (failed, the older content stays) or failed."""
    packages: int = 0
    versions: int = 0
    refused: tuple[Refusal, ...] = ()
    refused_count: int = 0
    message: str = ""


@dataclass(slots=True)
class Report:
    """All outcomes, and progress as they arrive."""

    total: int
    out: TextIO
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Note an outcome and print a line of progress."""
        self.outcomes.append(outcome)
        what = f"{outcome.packages} charts, {outcome.versions} versions"
        line = f"[{len(self.outcomes)}/{self.total}] {outcome.repository}: {outcome.state}, {what}"
        if outcome.refused_count:
            line += f", {outcome.refused_count} refused"
        if outcome.message:
            line += f" ({outcome.message})"
        print(line, file=self.out, flush=True)

    @property
    def failed(self) -> Sequence[Outcome]:
        """Repositories that could not be read."""
        return [o for o in self.outcomes if o.state in ("failed", "kept")]

    @property
    def nothing_read(self) -> bool:
        """Whether no repository gave a chart: each failed or is empty."""
        return not any(o.packages and o.state in ("ok", "unchanged") for o in self.outcomes)

    def summary(self, snapshot_id: str | None) -> str:
        """Return the end of the report: the snapshot that answers, counts, everything refused with its reason."""
        states = {s: sum(o.state == s for o in self.outcomes) for s in ("ok", "unchanged", "kept", "failed")}
        counted = ", ".join(f"{n} {s}" for s, n in states.items() if n)
        lines = [f"snapshot {snapshot_id}: {self.total} repositories ({counted})"]
        if self.nothing_read:
            stays = f"snapshot {snapshot_id} goes on answering" if snapshot_id else "there is no snapshot yet"
            lines = [f"nothing was imported: of {self.total} repositories ({counted}) none gave a chart; {stays}"]
        for outcome in sorted(self.outcomes, key=lambda o: o.repository):
            if outcome.state in ("failed", "kept"):
                lines.append(f"not read: {outcome.repository}: {outcome.message}")
            lines += [f"refused: {outcome.repository}: {r.location}: {r.reason}" for r in outcome.refused]
            more = outcome.refused_count - len(outcome.refused)
            if more > 0:
                lines.append(f"refused: {outcome.repository}: {more} more")
        return "\n".join(lines)

    def as_json(self, snapshot_id: str | None) -> str:
        """Return the report for programs; snapshot_id is that of the snapshot that answers, null where none does."""
        rows = [
            {
                "repository": o.repository,
                "state": o.state,
                "packages": o.packages,
                "versions": o.versions,
                "refused_count": o.refused_count,
                "refused": [{"location": r.location, "reason": r.reason} for r in o.refused],
                "message": o.message,
            }
            for o in sorted(self.outcomes, key=lambda o: o.repository)
        ]
        head = {"snapshot_id": snapshot_id, "nothing_read": self.nothing_read}
        return json.dumps({**head, "repositories": rows}, ensure_ascii=False)
