"""The kept proofs once more, offline: nothing but the evidence, the hash of the pinned block and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from chains import registry
from chains.errors import ChainError
from chains.proofs import NoProofs
from chains.types import ChainId
from indexer.model.proofs import StoredEvidence
from indexer.settings import Settings
from indexer.store import proofs as store
from indexer.store.database import Database


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """One piece of evidence. ``wrong`` says what does not hold, or ''."""

    proof_id: int
    chain: ChainId
    block_hash: str
    provider: str
    rows: int
    wrong: str


async def verify_proofs(db: Database, settings: Settings, run_id: int) -> list[ProofCheck]:
    """Every piece of evidence of a run, against the rows that rest on it."""
    return [
        ProofCheck(each.proof_id, each.chain, each.block_hash, each.provider, len(each.proven), _wrong(settings, each))
        for each in await store.load_evidence(db, run_id)
    ]


def _wrong(settings: Settings, kept: StoredEvidence) -> str:
    spec = settings.chains.get(kept.chain)
    prover = None if spec is None else registry.prover(spec)
    if prover is None or isinstance(prover, NoProofs):
        return "this configuration cannot verify proofs of this network"
    try:
        shown = prover.verify(kept.evidence, kept.block_hash)
    except ChainError as error:
        return str(error)
    for key, amount in kept.proven.items():
        if key not in shown:
            return f"no proof of {key.instrument} at {key.address}"
        if shown[key] != amount:
            return f"{key.instrument} at {key.address} is {shown[key]}, not {amount}"
    return ""
