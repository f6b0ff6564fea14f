"""The sections on exceptions: by cause, and row by row as far as they are listed."""

from __future__ import annotations

from indexer.model.result import ExceptionCause, Report, RowStatus
from indexer.report.beside import why_text
from indexer.report.figures import network_name
from indexer.report.findings import networks_text
from indexer.report.section import Amount, Code, Section, Words

_WRONG = (RowStatus.MISMATCH, RowStatus.DISPUTED)
_DIFFERS = {
    RowStatus.MISMATCH: "differs from the claim",
    RowStatus.DISPUTED: "sources differ",
}


def causes(report: Report) -> Section:
    """What is alike on several networks is one row. Nothing where each exception has a cause of its own."""
    together: dict[tuple[RowStatus, str], list[ExceptionCause]] = {}
    for cause in report.causes:
        together.setdefault((cause.status, cause.reason), []).append(cause)
    rows = [
        (
            _status(status),
            sum(each.rows for each in alike),
            min(each.first_line for each in alike),
            networks_text([network_name(report, each.chain) for each in alike]),
            reason or _DIFFERS.get(status, ""),
        )
        for (status, reason), alike in together.items()
    ]
    columns = ("status", "rows", "first line", "network", "cause")
    return Section("Exceptions by cause", columns, rows if len(rows) < report.exceptions_count else [])


def exceptions(report: Report, shown_max: int) -> Section:
    shown = report.exceptions[:shown_max]
    rows = [
        (
            row.line_no,
            row.asset,
            network_name(report, row.chain),
            Code(row.address),
            _status(row.status),
            Amount(row.claimed, row.decimals),
            Amount(row.observed, row.decimals),
            why_text(row),
        )
        for row in shown
    ]
    columns = ("line", "asset", "network", "address", "status", "claimed", "observed", "why")
    return Section(f"Exceptions: {len(shown)} of {report.exceptions_count}", columns, rows)


def _status(status: RowStatus) -> Words:
    return Words(status, "bad" if status in _WRONG else "open")
