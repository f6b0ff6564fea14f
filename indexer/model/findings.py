"""A finding: something an auditor must see. Faults in the data are returned beside the result, not raised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    NOTE = "note"  # worth knowing
    WARNING = "warning"  # weakens a conclusion
    EXCEPTION = "exception"  # contradicts the publication, or leaves part of it unresolved


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` is a stable kebab-case word; ``detail`` one sentence; ``line_no`` is 1-based in the published file."""

    severity: Severity
    kind: str
    detail: str
    line_no: int | None = None
