"""Two CSV files, safe to open in a spreadsheet: ``totals.csv`` and ``exceptions.csv``. UTF-8, CRLF (RFC 4180).

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

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from chains.types import Liquidity
from indexer.core.amounts import format_amount
from indexer.core.ratio import format_ratio
from indexer.model.result import Coverage, ExceptionRow, LockedTotal, Report, Total
from indexer.report.figures import STATUSES, UNKNOWN, AssetLine, asset_lines, difference, network_name, ratio_bounds

DIGITS_SAFE = 15
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
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
    *(f"{held.value}_{form}" for held in Liquidity for form in ("number", "exact")),
)
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
    "difference",
    "reason",
)


def totals_csv(report: Report) -> bytes:
    """One row per asset (``level`` asset), then one per asset and network (``level`` network): never add the two.

    A last row (``level`` list) stands for rejected lines that name no readable asset, where there are any.
    """
    locked = {(part.asset, part.liquidity): part for part in report.locked}
    rows = [[*_asset(line), *_locked(line.total.asset, locked)] for line in asset_lines(report)]
    rows += [_network(report, total) for total in report.network_totals]
    if report.rejected_unassigned:
        unread = Coverage(rejected=report.rejected_unassigned)
        total = Total(UNKNOWN, chain=None, scale=None, claimed=None, low=0, high=None, coverage=unread)
        rows.append([*_total("list", UNKNOWN, total), *[""] * 14])
    return _csv(TOTAL_COLUMNS, rows)


def exceptions_csv(report: Report) -> bytes:
    """One row per exception. Where the report lists fewer than there are, the last row says how many are missing."""
    rows = [_exception(report, row) for row in report.exceptions]
    if missing := report.exceptions_count - len(report.exceptions):
        rows.append(["", *[""] * (len(EXCEPTION_COLUMNS) - 2), f"{missing} further exceptions are not listed here"])
    return _csv(EXCEPTION_COLUMNS, rows)


def text(value: str) -> str:
    """A text cell no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_RUNS) else value


def number(value: int | None, scale: int | None) -> str:
    """A plain decimal, rounded down to 15 significant digits."""
    if value is None or scale is None:
        return UNKNOWN
    excess = max(0, len(str(value)) - DIGITS_SAFE)
    return format_amount(value // 10**excess * 10**excess, decimals=scale)


def exact(value: int | None) -> str:
    """All digits, as a text that is no number to a spreadsheet."""
    return UNKNOWN if value is None else f"{value} base units"


def _asset(line: AssetLine) -> list[str]:
    ratio = line.ratio
    if ratio is None:
        owed, bounds = [""] * 4, [""] * 4
    else:
        owed = [*_pair(ratio.liabilities, ratio.scale), *_pair(ratio.attested, ratio.scale)]
        ppm = ratio_bounds(ratio)
        none = "n/a" if ratio.liabilities == 0 else UNKNOWN
        bounds = [none if one is None else number(one, 0) for one in ppm]
        bounds += [none if one is None else format_ratio(one) for one in ppm]
    return [*_total("asset", "all networks", line.total), *owed, *bounds]


def _network(report: Report, total: Total) -> list[str]:
    return [*_total("network", network_name(report, total.chain), total), *[""] * 14]


def _locked(asset: str, locked: Mapping[tuple[str, Liquidity], LockedTotal]) -> list[str]:
    parts = [locked.get((asset, held)) for held in Liquidity]
    return [cell for part in parts for cell in (("", "") if part is None else _pair(part.amount, part.scale))]


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
        *_pair(total.claimed, scale),
        *_pair(low, scale),
        *_pair(high, scale),
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
        *_pair(row.claimed, row.decimals),
        *_pair(row.observed, row.decimals),
        "" if row.explained is None else exact(row.explained),
        "" if row.residue is None else text(exact(row.residue)),
        difference(row),
        text(row.reason),
    ]


def _pair(value: int | None, scale: int | None) -> list[str]:
    return [number(value, scale), exact(value)]


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        assert len(row) == len(header)
        writer.writerow(row)
    return buffer.getvalue().encode()
