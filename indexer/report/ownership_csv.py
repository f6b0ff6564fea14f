"""``ownership.csv``: what each verdict on signatures comes to, by asset. Amounts as in csvout.py."""

from __future__ import annotations

from indexer.model.control import Held
from indexer.model.result import Report
from indexer.report.cells import csv_bytes, pair, text
from indexer.report.figures import UNKNOWN
from indexer.report.ownership_run import verdict

COLUMNS = (
    *("asset", "verdict", "rows", "counts", "decimals"),
    *(f"{name}_{form}" for name in ("observed_low", "observed_high") for form in ("number", "exact")),
)


def ownership_csv(report: Report) -> bytes:
    """One row per asset and verdict; none before the signatures are checked."""
    summary = report.ownership
    rows = [] if summary is None else [_held(part, summary.scales.get(part.asset)) for part in summary.held]
    return csv_bytes(COLUMNS, rows)


def _held(part: Held, scale: int | None) -> list[str]:
    low = None if scale is None else part.low
    cells = [text(part.asset), verdict(part), str(part.rows), "yes" if part.counts else "no"]
    return [*cells, UNKNOWN if scale is None else str(scale), *pair(low, scale), *pair(part.high, scale)]
