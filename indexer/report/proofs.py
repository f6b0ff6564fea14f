"""How far a run is proven, in words: what was drawn, what that would have caught, and what could not be proven."""

from __future__ import annotations

from indexer.core.amounts import format_amount
from indexer.core.sampling import detection_probability, floor_ppm
from indexer.model.proofs import ProofSummary

_OVERSTATED_PERCENT = 1


def detection_ppm(proof: ProofSummary) -> int | None:
    """The chance, rounded down, that 1 % of overstatement of what was drawn from would have been found.

    None where nothing was drawn, or a drawn row has no proof: who overstates chooses the rows that have none.
    """
    if not proof.draws or proof.drawn_unproven:
        return None
    return floor_ppm(detection_probability(pool=100, overstated=_OVERSTATED_PERCENT, draws=proof.draws))


def sample_text(proof: ProofSummary) -> str:
    """``25 of 4000 rows chosen, which claim 1.5 of 2.25``."""
    if proof.unproven is not None:
        return "none"
    chosen = f"{proof.sampled_rows} of {proof.rows} rows chosen"
    return f"{chosen}, which claim {_amount(proof.sampled, proof)} of {_amount(proof.claimed, proof)}"


def proven_text(proof: ProofSummary) -> str:
    """How many of the chosen rows are proven, and what they hold."""
    parts = [f"{proof.proven_rows} proven as read, {_amount(proof.proven, proof)}"]
    if proof.differing_rows:
        parts.append(f"{proof.differing_rows} PROVEN OTHERWISE")
    if proof.contradicted_rows:
        parts.append(f"{proof.contradicted_rows} CONTRADICTED by the provider's own proof")
    if proof.pending_rows:
        parts.append(f"{proof.pending_rows} still to be proven")
    return "; ".join(parts)


def detection_text(proof: ProofSummary) -> str:
    """What the sample is worth, in a sentence."""
    if proof.unproven is not None:
        return f"not provable: {proof.unproven}"
    if proof.sampled_rows == 0:
        return "nothing was chosen: no row claims anything"
    if proof.sampled_rows == proof.proven_rows + proof.differing_rows and proof.pool == 0:
        return "every row with a claim was proven"
    ppm = detection_ppm(proof)
    if ppm is not None:
        caught = f"would have been caught with {ppm // 10_000}.{ppm // 1_000 % 10} % probability"
        drawn = f"{proof.draws} draws from {_amount(proof.pool, proof)}"
        return f"an overstatement of {_OVERSTATED_PERCENT} % or more of the sampled value {caught} ({drawn})"
    if proof.drawn_unproven:
        return f"no probability of detection: {proof.drawn_unproven} drawn rows have no proof"
    return "no probability of detection: only the largest rows were chosen"


def reasons_text(proof: ProofSummary) -> str:
    """What could not be proven, and why; '' where there is nothing."""
    return "; ".join(f"{rows} not provable: {reason}" for reason, rows in proof.not_provable)


def seed_text(proofs: tuple[ProofSummary, ...]) -> str:
    """The seed that all the samples were drawn with."""
    seeds = sorted({proof.seed for proof in proofs})
    return f"seed {', '.join(seeds)}"


def _amount(value: int, proof: ProofSummary) -> str:
    return format_amount(value, decimals=proof.decimals)
