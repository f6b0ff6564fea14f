"""The exit code: discrepancies before incomplete, and nothing else is called complete."""

from __future__ import annotations

import pytest

from indexer.model.findings import Finding, Severity
from indexer.model.liabilities import Liability
from indexer.model.result import Coverage, RowStatus
from indexer.model.verdict import CommittedTotal
from indexer.report.outcome import Outcome, outcome_of
from tests.unit.reports import check, report, total


def with_rows(**rows: int) -> Outcome:
    return outcome_of(report(total(low=1, high=2, coverage=Coverage(verified=5, **rows))))


def test_every_row_verified_is_complete() -> None:
    assert outcome_of(report(total())) is Outcome.COMPLETE


@pytest.mark.parametrize("status", [RowStatus.MISMATCH, RowStatus.DISPUTED])
def test_one_contradiction_wins_over_any_incompleteness(status: RowStatus) -> None:
    assert with_rows(**{status.value: 1}) is Outcome.DISCREPANCIES
    assert with_rows(**{status.value: 1, "unavailable": 4}) is Outcome.DISCREPANCIES


@pytest.mark.parametrize("status", ["unpinned", "unavailable", "unsupported", "rejected"])
def test_one_unresolved_row_is_incomplete(status: str) -> None:
    assert with_rows(**{status: 1}) is Outcome.INCOMPLETE


def test_a_rejected_line_of_no_known_asset_is_incomplete() -> None:
    assert outcome_of(report(total(), rejected_unassigned=1)) is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("severity", "kind", "outcome"),
    [
        (Severity.EXCEPTION, "control-total", Outcome.DISCREPANCIES),
        (Severity.WARNING, "control-total", Outcome.COMPLETE),
        (Severity.EXCEPTION, "decimals", Outcome.COMPLETE),
        (Severity.EXCEPTION, "commitment-failed", Outcome.DISCREPANCIES),
        (Severity.EXCEPTION, "commitment-total", Outcome.DISCREPANCIES),
        (Severity.WARNING, "commitment-unproven", Outcome.COMPLETE),
    ],
)
def test_a_list_that_contradicts_its_own_totals_is_a_discrepancy(
    severity: Severity, kind: str, outcome: Outcome
) -> None:
    assert outcome_of(report(total(), findings=(Finding(severity, kind, "sums differ"),))) is outcome


def test_a_commitment_without_a_published_root_is_not_complete() -> None:
    owed, committed = (Liability("ETH", 18, 10, 0),), CommittedTotal("ETH", 10, 18)
    assert outcome_of(report(total(), owed=owed, check=check(committed))) is Outcome.COMPLETE
    unanchored = check(committed, root_published=None)
    assert outcome_of(report(total(), owed=owed, check=unanchored)) is Outcome.INCOMPLETE


def test_codes_are_the_documented_ones() -> None:
    assert [(code.name, int(code)) for code in Outcome] == [
        ("COMPLETE", 0),
        ("DISCREPANCIES", 1),
        ("BAD_INPUT", 2),
        ("INCOMPLETE", 3),
        ("ALREADY_RUNNING", 4),
    ]
