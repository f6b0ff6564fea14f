"""How a figure reads: the one place where an amount, an interval or a ratio becomes text for people.

Every rendering takes its words from here, so that a total without its coverage cannot be written by accident:
``AssetLine`` holds the two together, and an incomplete total is only ever an interval with the word INCOMPLETE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chains.types import ChainId
from indexer.core.amounts import format_amount
from indexer.core.ratio import PPM, format_ratio
from indexer.model.result import Coverage, ExceptionRow, Report, ReserveRatio, Total

UNKNOWN = "?"
INCOMPLETE = "INCOMPLETE"
STATUSES = ("verified", "mismatch", "observed", "disputed", "unpinned", "unavailable", "unsupported", "rejected")


class Standing(StrEnum):
    """Where an asset's on-chain reserves stand against what is owed."""

    COVERED = "covered"  # at least 100 %, whatever the unresolved rows hold
    SHORT = "below 100 %"  # below 100 %, even with every unresolved row as claimed
    OPEN = "undecided"  # the unresolved rows decide
    NONE = "no ratio"  # nothing is owed, no statement, or no sum


@dataclass(frozen=True, slots=True)
class AssetLine:
    """One asset with everything that belongs beside its total. ``ratio`` is None without a statement for it."""

    total: Total
    ratio: ReserveRatio | None


def asset_lines(report: Report) -> list[AssetLine]:
    """Every asset once, in the order of the totals. A ratio without a total would have no coverage: that is a bug."""
    ratios = {ratio.asset: ratio for ratio in report.ratios}
    assert ratios.keys() <= {total.asset for total in report.asset_totals}, "a ratio without its coverage"
    return [AssetLine(total, ratios.get(total.asset)) for total in report.asset_totals]


def amount(value: int | None, scale: int | None) -> str:
    """Exact decimal text; ``?`` where it is unknown."""
    return UNKNOWN if value is None or scale is None else format_amount(value, decimals=scale)


def observed(total: Total) -> str:
    """The observed sum, or ``INCOMPLETE [low, high]``."""
    if total.scale is None:
        return f"{INCOMPLETE} [{UNKNOWN}, {UNKNOWN}]" if not total.coverage.complete else UNKNOWN
    if total.coverage.complete:
        return amount(total.low, total.scale)
    return f"{INCOMPLETE} [{amount(total.low, total.scale)}, {amount(total.high, total.scale)}]"


def ratio_text(line: AssetLine, *, attested: bool = False) -> str:
    """Percent rounded down; an interval ``low .. high`` while the coverage is incomplete."""
    if line.ratio is None:
        return "no statement"
    low, high = ratio_bounds(line.ratio, attested=attested)
    if line.ratio.liabilities == 0:
        return format_ratio(None)
    if line.total.coverage.complete:
        return UNKNOWN if low is None else format_ratio(low)
    return f"{INCOMPLETE} {_ppm(low)} .. {_ppm(high)}"


def ratio_bounds(ratio: ReserveRatio, *, attested: bool = False) -> tuple[int | None, int | None]:
    return (ratio.attested_low_ppm, ratio.attested_high_ppm) if attested else (ratio.low_ppm, ratio.high_ppm)


def _ppm(ppm: int | None) -> str:
    return UNKNOWN if ppm is None else format_ratio(ppm)


def standing(line: AssetLine) -> Standing:
    if line.ratio is None or line.ratio.low_ppm is None:
        return Standing.NONE
    if line.ratio.low_ppm >= PPM:
        return Standing.COVERED
    high = line.ratio.high_ppm
    return Standing.SHORT if high is not None and high < PPM else Standing.OPEN


def by_status(coverage: Coverage) -> Iterator[tuple[str, int]]:
    """(status, rows) for the statuses that occur; duplicates last, for they are lines and no rows."""
    for status in STATUSES:
        if rows := getattr(coverage, status):
            yield status, rows
    if coverage.duplicates:
        yield "duplicate" if coverage.duplicates == 1 else "duplicates", coverage.duplicates


def coverage_text(coverage: Coverage) -> str:
    """``1999 of 2000 rows resolved: 1999 verified, 1 unavailable``."""
    parts = ", ".join(f"{rows} {status}" for status, rows in by_status(coverage))
    said = f"{coverage.resolved} of {coverage.rows} rows resolved" if coverage.rows else "no rows listed"
    return f"{said}: {parts}" if parts else said


def difference(row: ExceptionRow) -> str:
    """How far an observed row is from its claim, in base units; '' where one of the two is unknown."""
    if row.claimed is None or row.observed is None:
        return ""
    gap = row.observed - row.claimed
    unit = "base unit" if abs(gap) == 1 else "base units"
    return "none" if gap == 0 else f"{'short' if gap < 0 else 'over'} by {abs(gap)} {unit}"


def network_name(report: Report, chain: ChainId | None) -> str:
    return "unknown network" if chain is None else report.chain_names.get(chain, chain)


def verdict(report: Report, *, discrepancies: bool) -> str:
    """The conclusion in a line. It never calls an incomplete audit anything else."""
    if discrepancies:
        wrong = sum(total.coverage.mismatch + total.coverage.disputed for total in report.asset_totals)
        found = f"Discrepancies found{f', in {_rows(wrong)}' if wrong else ''}"
        return found if report.complete else f"{found}; {INCOMPLETE}: {_unfinished(report)}"
    if not report.complete:
        return f"{INCOMPLETE}: {_unfinished(report)}; nothing read contradicts the publication"
    if report.unanchored:
        return "Every row was read, and nothing contradicts the publication; the commitment has no published root"
    return "Complete: every row was read, and nothing contradicts the publication"


def _unfinished(report: Report) -> str:
    left = sum(total.coverage.unresolved for total in report.asset_totals) + report.rejected_unassigned
    whole = sum(total.coverage.rows for total in report.asset_totals) + report.rejected_unassigned
    return f"{left} of {_rows(whole)} unresolved" if left else "the run is not finished"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def unassigned_text(report: Report) -> str:
    """The warning for rejected lines that may belong to any asset; '' where there are none."""
    count = report.rejected_unassigned
    if not count:
        return ""
    lines = "1 rejected line names" if count == 1 else f"{count} rejected lines name"
    return f"{INCOMPLETE}: {lines} no readable asset and may belong to any of them"


def printable(text: str) -> str:
    """Outside text made safe to show: control, bidirectional and other unprintable characters as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def witnessed_text(report: Report) -> str:
    """How much was asked of two independent witnesses: only there is one wrong provider sure to show."""
    if not report.witnessed:
        return "no row was asked of two independent witnesses"
    rows = {total.asset: total.coverage.rows for total in report.asset_totals}
    return "; ".join(
        f"{part.asset} {part.rows} of {rows[part.asset]} rows, claiming {amount(part.claimed, part.scale)}"
        for part in report.witnessed
    )
