"""CSV files, safe to open in a spreadsheet: ``totals``, ``ownership``, ``exceptions``. UTF-8, CRLF (RFC 4180).

Rules:
- A text cell that begins with = + - @, tab, CR or LF gets an apostrophe before it, so that no spreadsheet runs it; so
  does one that begins with an apostrophe. A machine that wants the original removes one leading apostrophe.
- Spreadsheets keep 15 significant digits of a number. So every amount has two columns: ``*_number``, a plain decimal
  rounded down to 15 digits, to sort and draw with; and ``*_exact``, the text ``12345 base units``, which nothing
  rounds.
- ``?`` is a figure that is unknown, never an empty cell and never 0. Empty is what does not apply to the row.
- What is locked (``staked``, ``unbonding``, ``locked``) stands beside the liquid amounts, per asset only; it is in the
  observed total where rows claim more than is liquid. A ``residue`` is signed: below zero the claim is the smaller one.
- An incomplete total is known by its bounds ``low`` and ``high`` only, and the row's ``status`` says ``incomplete``.
"""

from __future__ import annotations

from collections.abc import Mapping

from chains.types import Liquidity
from indexer.core.ratio import format_ratio
from indexer.model.result import Coverage, ExceptionRow, LockedTotal, ReadingBefore, Report, Total
from indexer.report.cells import csv_bytes, exact, number, pair, text
from indexer.report.figures import STATUSES, UNKNOWN, AssetLine, asset_lines, difference, network_name, ratio_bounds
from indexer.report.liabilities_csv import moment_cells

_AMOUNTS = ("claimed", "observed_low", "observed_high", "liabilities", "attested")
TOTAL_COLUMNS = (
    "level",
    "asset",
    "network",
    "chain",
    "status",
    "rows",
    "resolved",
    *STATUSES,
    "duplicates",
    "decimals",
    *(f"{name}_{form}" for name in _AMOUNTS for form in ("number", "exact")),
    "ratio_low_ppm",
    "ratio_high_ppm",
    "ratio_low",
    "ratio_high",
    "backing",
    "liabilities_as_of",
    "same_moment",
    *(f"{held.value}_{form}" for held in Liquidity for form in ("number", "exact")),
)
_OWED = 4 + 4 + 3  # amounts, bounds and what they rest on: for assets only
_LOCKED = 2 * len(Liquidity)
EXCEPTION_COLUMNS = (
    "line",
    "asset",
    "network",
    "chain",
    "address",
    "status",
    "decimals",
    *(f"{name}_{form}" for name in ("claimed", "observed") for form in ("number", "exact")),
    "explained_exact",
    "residue_exact",
    "explained_before_exact",
    "residue_before_exact",
    "difference",
    "reason",
)


def totals_csv(report: Report) -> bytes:
    """One row per asset (``level`` asset), then one per asset and network (``level`` network): never add the two.

    A last row (``level`` list) stands for rejected lines that name no readable asset, where there are any.
    """
    locked = {(part.asset, part.liquidity): part for part in report.locked}
    rows = [[*_asset(report, line), *_locked(line.total.asset, locked)] for line in asset_lines(report)]
    rows += [_network(report, total) for total in report.network_totals]
    if report.rejected_unassigned:
        unread = Coverage(rejected=report.rejected_unassigned)
        total = Total(UNKNOWN, chain=None, scale=None, claimed=None, low=0, high=None, coverage=unread)
        rows.append([*_total("list", UNKNOWN, total), *[""] * (_OWED + _LOCKED)])
    return csv_bytes(TOTAL_COLUMNS, rows)


def exceptions_csv(report: Report) -> bytes:
    """One row per exception. Where the report lists fewer than there are, the last row says how many are missing."""
    rows = [_exception(report, row) for row in report.exceptions]
    if missing := report.exceptions_count - len(report.exceptions):
        rows.append(["", *[""] * (len(EXCEPTION_COLUMNS) - 2), f"{missing} further exceptions are not listed here"])
    return csv_bytes(EXCEPTION_COLUMNS, rows)


def _asset(report: Report, line: AssetLine) -> list[str]:
    ratio = line.ratio
    if ratio is None:
        return [*_total("asset", "all networks", line.total), *[""] * _OWED]
    owed = [*pair(ratio.liabilities, ratio.scale), *pair(ratio.attested, ratio.scale)]
    ppm = ratio_bounds(ratio)
    none = "n/a" if ratio.liabilities == 0 else UNKNOWN
    bounds = [none if one is None else number(one, 0) for one in ppm]
    bounds += [none if one is None else format_ratio(one) for one in ppm]
    rests_on = [str(ratio.backing), *moment_cells(report)]
    return [*_total("asset", "all networks", line.total), *owed, *bounds, *rests_on]


def _network(report: Report, total: Total) -> list[str]:
    return [*_total("network", network_name(report, total.chain), total), *[""] * (_OWED + _LOCKED)]


def _locked(asset: str, locked: Mapping[tuple[str, Liquidity], LockedTotal]) -> list[str]:
    parts = [locked.get((asset, held)) for held in Liquidity]
    return [cell for part in parts for cell in (("", "") if part is None else pair(part.amount, part.scale))]


def _total(level: str, network: str, total: Total) -> list[str]:
    coverage, scale = total.coverage, total.scale
    low = None if scale is None else total.low
    high = None if scale is None else total.high
    return [
        level,
        text(total.asset),
        text(network),
        text(total.chain or ""),
        "complete" if coverage.complete else "incomplete",
        str(coverage.rows),
        str(coverage.resolved),
        *(str(getattr(coverage, status)) for status in STATUSES),
        str(coverage.duplicates),
        UNKNOWN if scale is None else str(scale),
        *pair(total.claimed, scale),
        *pair(low, scale),
        *pair(high, scale),
    ]


def _exception(report: Report, row: ExceptionRow) -> list[str]:
    return [
        str(row.line_no),
        text(row.asset),
        text(network_name(report, row.chain)),
        text(row.chain or ""),
        text(row.address),
        row.status.value,
        UNKNOWN if row.decimals is None else str(row.decimals),
        *pair(row.claimed, row.decimals),
        *pair(row.observed, row.decimals),
        "" if row.explained is None else exact(row.explained),
        "" if row.residue is None else text(exact(row.residue)),
        *_before(row.before),
        difference(row),
        text(row.reason),
    ]


def _before(before: ReadingBefore | None) -> list[str]:
    """What the reading before and the transfers after it explain, and the residue of that."""
    found = (None, None) if before is None else (before.explained, before.residue)
    return ["" if each is None else text(exact(each)) for each in found]
