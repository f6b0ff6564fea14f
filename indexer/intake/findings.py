"""A bounded collection of findings: a hostile file must not fill memory with them."""

from __future__ import annotations

from indexer.model.findings import Finding, Severity

FINDINGS_MAX = 200


class Findings:
    """Keeps each (kind, detail) once, at its first line, and says when there were too many."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Finding] = {}
        self._dropped = False

    def add(self, severity: Severity, kind: str, detail: str, line_no: int | None = None) -> None:
        if (kind, detail) in self._kept:
            return
        if len(self._kept) >= FINDINGS_MAX:
            self._dropped = True
            return
        self._kept[kind, detail] = Finding(severity, kind, detail, line_no)

    def all(self) -> tuple[Finding, ...]:
        kept = tuple(self._kept.values())
        if not self._dropped:
            return kept
        more = Finding(Severity.WARNING, "more-findings", f"only the first {FINDINGS_MAX} findings of intake are kept")
        return (*kept, more)
