"""``liabilities.csv``: what is owed by asset and source, and what its commitment says. Rules as in csvout.py."""

from __future__ import annotations

from indexer.model.result import Report
from indexer.report.cells import csv_bytes, pair, text
from indexer.report.liabilities import committed_total, moments_of

COLUMNS = (
    "asset",
    "source",
    "as_of",
    "same_moment",
    "backing",
    "decimals",
    *(f"{name}_{form}" for name in ("amount", "attested") for form in ("number", "exact")),
    "custodian",
    "committed_decimals",
    "committed_number",
    "committed_exact",
)


def liabilities_csv(report: Report) -> bytes:
    """One row per asset and source. A committed total is over all the sources that the commitment covers."""
    backing = {ratio.asset: str(ratio.backing) for ratio in report.ratios}
    rows = []
    for owed in report.liabilities:
        total = committed_total(report, owed)
        rows.append(
            [
                text(owed.asset),
                str(owed.source),
                *moment_cells(report),
                backing.get(owed.asset, ""),
                str(owed.scale),
                *pair(owed.amount, owed.scale),
                *pair(owed.attested, owed.scale),
                text(owed.custodian),
                *(["", "", ""] if total is None else [str(total.scale), *pair(total.amount, total.scale)]),
            ]
        )
    return csv_bytes(COLUMNS, rows)


def moment_cells(report: Report) -> list[str]:
    """The moment of the liabilities, and whether the balances are of it: yes, no, or ? where that is unknown."""
    when = moments_of(report)
    same = {None: "?", True: "no", False: "yes"}[when.apart]
    return ["?" if when.liabilities is None else when.liabilities.isoformat(), same]
