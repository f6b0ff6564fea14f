"""What an unfinished run has not read and not proven, as warnings of its report: worked out each time, never stored,
for the next attempt may mend it. What could not be proven of a sample stays with the run, and is said here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from chains.types import ChainId
from indexer.model.findings import Finding, Severity
from indexer.model.proofs import ProofSummary
from indexer.model.run import RunInfo, RunState

if TYPE_CHECKING:
    from indexer.store.database import Connection

# Networks and heights without a sample; ``unread`` says why not everything is read. Of shards, the last problem.
_UNSAMPLED = """
SELECT w.chain, CASE
    WHEN p.pin_no IS NULL THEN 'not planned yet'
    WHEN p.hash IS NULL THEN 'not read: ' || p.problem
    WHEN s.unread > 0 THEN 'not read to the end' || COALESCE(': ' || s.problem, '')
END AS unread
FROM (
    SELECT DISTINCT i.chain, g.height
    FROM ledger.list_groups g
    JOIN ledger.instruments i USING (list_id, instrument_no)
    LEFT JOIN ledger.exclusions x ON x.run_id = $1 AND x.instrument_no = i.instrument_no
    WHERE g.list_id = $2 AND i.unsupported IS NULL AND x.reason IS NULL
) w
LEFT JOIN ledger.pins p
    ON p.run_id = $1 AND p.chain = w.chain AND p.voided IS NULL AND p.height_claimed IS NOT DISTINCT FROM w.height
LEFT JOIN LATERAL (
    SELECT count(*) AS unread,
        (array_agg(h.problem ORDER BY h.problem_at DESC) FILTER (WHERE h.problem <> ''))[1] AS problem
    FROM ledger.shards h WHERE h.run_id = $1 AND h.pin_no = p.pin_no AND h.state IN ('open', 'leased')
) s ON true
WHERE NOT EXISTS (SELECT FROM ledger.proof_samples q WHERE q.run_id = $1 AND q.pin_no = p.pin_no)
ORDER BY w.chain, w.height NULLS FIRST
"""


async def unfinished(
    connection: Connection, run: RunInfo, proofs: Iterable[ProofSummary], *, proofs_owed: Callable[[ChainId], bool]
) -> tuple[Finding, ...]:
    """``proofs_owed`` says of a network whether policy wants proofs there and there is somebody to verify them."""
    said = [*_unproven(proofs)]
    if run.state is not RunState.FROZEN:
        for row in await connection.fetch(_UNSAMPLED, run.run_id, run.list_id):
            chain, unread = row["chain"], row["unread"]
            if unread is not None:
                said.append(_warning(chain, "unread", unread))
            if proofs_owed(chain):
                why = unread or "nothing was chosen yet"
                said.append(_warning(chain, "proofs-missing", f"no proof was made: {why}"))
    return tuple(dict.fromkeys(said))


def _unproven(proofs: Iterable[ProofSummary]) -> Iterator[Finding]:
    """Chosen rows without a proof, for the first reason of each token: others, and how many, stand with the proofs."""
    for proof in proofs:
        if proof.pending_rows:
            yield _warning(proof.chain, "proofs-missing", f"chosen rows of {proof.asset} are still to be proven")
        if proof.not_provable:
            reason, _ = proof.not_provable[0]
            yield _warning(proof.chain, "proofs-missing", f"chosen rows of {proof.asset} have no proof: {reason}")


def _warning(chain: ChainId, kind: str, said: str) -> Finding:
    return Finding(Severity.WARNING, kind, f"{chain}: {said}")
