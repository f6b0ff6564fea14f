"""The statement and its commitment as the JSON report has them (jsonout.py has the shapes)."""

from __future__ import annotations

from indexer.core.amounts import format_amount
from indexer.model.commitments import CommitmentCheck, Restated
from indexer.model.liabilities import Liability
from indexer.model.result import Report
from indexer.report.liabilities import committed_total, moments_of
from indexer.report.verdict import as_object

Object = dict[str, object]


def statement_object(report: Report) -> Object | None:
    if report.statement_sha256 is None:
        return None
    when, commitment = moments_of(report), report.commitment
    covers = [] if commitment is None else [str(source) for source in commitment.covers]
    return {
        "sha256": report.statement_sha256,
        "as_of": None if when.liabilities is None else when.liabilities.isoformat(),
        "balances_from": None if when.first is None else when.first.isoformat(),
        "balances_to": None if when.last is None else when.last.isoformat(),
        "same_moment": None if when.apart is None else not when.apart,
        "commitment": commitment and {"scheme": commitment.scheme, "root": commitment.root, "covers": covers},
        "liabilities": [_liability(report, owed) for owed in report.liabilities],
        "check": None if report.check is None else _check(report.check),
        "restated": [_restated(other) for other in report.restated],
    }


def _liability(report: Report, owed: Liability) -> Object:
    total = committed_total(report, owed)
    return _owed(owed) | {"committed": None if total is None else _amount(total.amount, total.scale)}


def _owed(owed: Liability) -> Object:
    return {
        "asset": owed.asset,
        "source": str(owed.source),
        "amount": _amount(owed.amount, owed.scale),
        "attested": _amount(owed.attested, owed.scale),
        "custodian": owed.custodian or None,
    }


def _check(check: CommitmentCheck) -> Object:
    return {"files": check.files, "files_sha256": check.files_sha256, "verdict": as_object(check.verdict)}


def _restated(other: Restated) -> Object:
    return {
        "name": other.name,
        "sha256": other.sha256,
        "as_of": other.as_of.isoformat(),
        "imported": other.imported.isoformat(),
        "commitment": {"scheme": other.scheme, "root": other.root},
        "liabilities": [_owed(owed) for owed in other.liabilities],
    }


def _amount(value: int, scale: int) -> Object:
    return {"base_units": str(value), "decimals": scale, "text": format_amount(value, decimals=scale)}
