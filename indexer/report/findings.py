"""Findings as people read them: the gravest first, networks by name, what is said alike of many said once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chains.types import ChainId
from indexer.model.findings import Finding, Severity

_NAMED_MAX = 3
"""Networks that are named before what is said of them; of more, their number is, and the names stand behind."""
_LINES_MAX = 5
_WEIGHT = {Severity.EXCEPTION: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was found, of however many networks and lines."""

    severity: Severity
    kind: str
    detail: str
    networks: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        if not self.networks:
            return self.detail
        if len(self.networks) <= _NAMED_MAX:
            return f"{', '.join(self.networks)}: {self.detail}"
        return f"{len(self.networks)} networks: {self.detail} ({', '.join(self.networks)})"

    @property
    def lines_text(self) -> str:
        more = len(self.lines) - _LINES_MAX
        shown = ", ".join(map(str, self.lines[:_LINES_MAX]))
        return f"{shown} and {more} more" if more > 0 else shown


def grouped(findings: Sequence[Finding], names: Mapping[ChainId, str]) -> list[Said]:
    """By weight, then as each is first said. A detail about a network begins with its id and a colon."""
    said: dict[tuple[object, ...], Said] = {}
    for found in findings:
        chain, _, rest = found.detail.partition(": ")
        name = names.get(ChainId(chain))
        detail = found.detail if name is None else rest
        key = (found.severity, found.kind, detail, name is None, found.line_no is None)
        one = said.setdefault(key, Said(found.severity, found.kind, detail))
        if name is not None and name not in one.networks:
            one.networks.append(name)
        if found.line_no is not None and found.line_no not in one.lines:
            one.lines.append(found.line_no)
    return sorted(said.values(), key=lambda one: _WEIGHT[one.severity])


def networks_text(names: Sequence[str]) -> str:
    """Every name, and how many there are where they are many."""
    said = ", ".join(names)
    return said if len(names) <= _NAMED_MAX else f"{len(names)} networks: {said}"


def counts_text(findings: Sequence[Said]) -> str:
    """``1 exception, 3 warnings``."""
    counts = Counter(one.severity for one in findings)
    said = ((counts[severity], severity) for severity in _WEIGHT)
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in said if count)
