"""What the signatures of a list prove, as rows for tables and as one JSON object."""

from __future__ import annotations

from typing import Any

from chains.ownership.types import Verdict
from indexer.core.amounts import format_amount
from indexer.model.ownership import CONSTANT_MESSAGE, NotOwned, OwnershipReport, Share
from indexer.report.figures import printable
from indexer.report.outcome import Outcome

SCHEME_COLUMNS = ("verdict", "scheme", "rows")
ASSET_COLUMNS = ("asset", "verdict", "rows", "amount", "rows without amount")
ROW_COLUMNS = ("line", "coin", "network", "address", "verdict", "reason")
UNREAD = "unread"


def ownership_outcome(report: OwnershipReport) -> Outcome:
    """Complete: every row is owned or owner-signed. A bad signature outweighs what could not be judged."""
    if report.count(Verdict.BAD_SIGNATURE):
        return Outcome.DISCREPANCIES
    if report.refused or not report.rows or report.count(Verdict.UNSIGNED, Verdict.UNSUPPORTED):
        return Outcome.INCOMPLETE
    return Outcome.COMPLETE


def scheme_rows(report: OwnershipReport) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (str(verdict), scheme, str(count)) for (scheme, verdict), count in report.schemes.items()
    ]
    return rows + ([(UNREAD, "", str(report.refused))] if report.refused else [])


def asset_rows(report: OwnershipReport) -> list[tuple[str, ...]]:
    return [
        (asset, str(verdict), str(share.rows), _amount(report, asset, share), str(share.rows_without_amount))
        for (asset, verdict), share in report.assets.items()
    ]


def listed_rows(report: OwnershipReport) -> list[tuple[str, ...]]:
    return [tuple(printable(text) for text in _listed(row)) for row in report.not_owned]


def ownership_object(report: OwnershipReport) -> dict[str, Any]:
    """Amounts are decimal texts, null where no row has one. ``not_owned_unlisted``: how many rows are not listed."""
    return {
        "outcome": ownership_outcome(report).name.lower(),
        "list": {"name": report.list_name, "sha256": report.sha256, "rows": report.rows, "unread": report.refused},
        "verdicts": {str(verdict): report.count(verdict) for verdict in Verdict},
        "schemes": [
            {"verdict": str(verdict), "scheme": scheme, "rows": count}
            for (scheme, verdict), count in report.schemes.items()
        ],
        "assets": [_asset(report, asset, verdict, share) for (asset, verdict), share in report.assets.items()],
        "messages": list(report.messages),
        "limitation": CONSTANT_MESSAGE,
        "not_owned": [_row(row) for row in report.not_owned],
        "not_owned_unlisted": report.unlisted,
    }


def _asset(report: OwnershipReport, asset: str, verdict: Verdict, share: Share) -> dict[str, Any]:
    return {
        "asset": asset,
        "verdict": str(verdict),
        "rows": share.rows,
        "amount": _amount(report, asset, share) or None,
        "rows_without_amount": share.rows_without_amount,
    }


def _row(row: NotOwned) -> dict[str, Any]:
    return dict(zip(ROW_COLUMNS, _listed(row), strict=True)) | {"line": row.line_no}


def _amount(report: OwnershipReport, asset: str, share: Share) -> str:
    """Empty where no row has an amount: that is not zero."""
    if share.rows == share.rows_without_amount:
        return ""
    return format_amount(share.amount, decimals=report.scales[asset])


def _listed(row: NotOwned) -> tuple[str, ...]:
    return (str(row.line_no), row.coin, row.network, row.address, str(row.verdict or UNREAD), row.reason)
