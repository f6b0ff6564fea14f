"""The exit code of a finished command, decided by the report alone."""

from __future__ import annotations

from enum import IntEnum

from indexer.model.findings import Finding, Severity
from indexer.model.result import Report


class Outcome(IntEnum):
    """What the process says by its exit code. Discrepancies win over incomplete: reading on does not heal them."""

    COMPLETE = 0  # every row resolved, nothing published is contradicted
    DISCREPANCIES = 1  # a mismatch, a dispute; a file contradicts itself or its commitment, a provider its proofs
    BAD_INPUT = 2  # the command line, the configuration or a file cannot be used
    INCOMPLETE = 3  # some rows are unresolved (run the same command again), or the commitment has no published root
    ALREADY_RUNNING = 4  # another process is writing this snapshot


CONTROL_TOTAL = "control-total"
"""Findings of this kind (or ``control-total-...``) compare a list with its own totals block."""

PROOF_CONTRADICTION = "proof-contradiction"
"""Findings of this kind are about a provider whose proofs do not prove what it says."""

COMMITMENT = "commitment-"
"""Findings of these kinds compare a statement with what it was committed to."""

CONTRADICTIONS = (CONTROL_TOTAL, PROOF_CONTRADICTION, COMMITMENT, "bad-signature", "owner-contradicted")
"""Exceptions that contradict what was published, signatures and named owners included."""


def outcome_of(report: Report) -> Outcome:
    if not report.matching or any(_contradicts(finding) for finding in report.findings):
        return Outcome.DISCREPANCIES
    return Outcome.COMPLETE if report.complete and not report.unanchored else Outcome.INCOMPLETE


def _contradicts(finding: Finding) -> bool:
    return finding.severity is Severity.EXCEPTION and finding.kind.startswith(CONTRADICTIONS)
