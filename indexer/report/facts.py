"""What stands at the head of a report beside its verdict: whose it is, what it rests on, how much of it was checked."""

from __future__ import annotations

from chains.types import ChainId
from indexer.model.result import Report
from indexer.model.run import RunState
from indexer.report.figures import witnessed_text
from indexer.report.liabilities import when_text

_STATES = {
    RunState.PLANNING: "not finished: some networks have no block to be read at yet",
    RunState.SWEEPING: "not finished: something is left to be read, proven or asked",
    RunState.FROZEN: "published: it no longer changes",
}


def facts(report: Report) -> list[tuple[str, str]]:
    """(label, words), in the order in which a reader wants them."""
    return [
        ("run", f"{report.run_id}, {_STATES[report.state]}"),
        ("list", f"{report.list_name} ({report.list_format})"),
        ("lines", f"{report.lines} = {report.accepted} accepted + {report.rejected} rejected"),
        ("list SHA-256", report.list_sha256),
        *_statement(report),
        ("asked twice", witnessed_text(report)),
        ("proven", _proven(report)),
    ]


def _statement(report: Report) -> list[tuple[str, str]]:
    if report.statement_sha256 is None:
        return [("liabilities", "no statement: there are no ratios")]
    found = [("liabilities", when_text(report)), ("liabilities SHA-256", report.statement_sha256)]
    if report.commitment is not None and report.commitment.root:
        found.append((f"commitment ({report.commitment.scheme})", report.commitment.root))
    return found


def _proven(report: Report) -> str:
    """On how many networks a sample was proven, and where it should have been."""
    networks = {total.chain for total in report.network_totals}
    proven = {proof.chain for proof in report.proofs if proof.proven_rows}
    said = f"a sample of the balances on {len(proven)} of {len(networks)} networks" if proven else "no balance"
    owed = {ChainId(found.detail.partition(": ")[0]) for found in report.findings if found.kind == "proofs-missing"}
    return f"{said}; proofs are missing on {len(owed)}, see the findings" if owed else said
