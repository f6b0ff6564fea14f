"""How far a run is proven, in words: what was drawn, what that would have caught, and what could not be proven."""

from __future__ import annotations

from indexer.core.amounts import format_amount
from indexer.core.sampling import detection_probability, floor_ppm
from indexer.model.proofs import ProofSummary

_OVERSTATED_PERCENT = 1
DETECTION_RULE = (
    "To be proven are the largest claims of each token, and others drawn in proportion to value. The chance is that of "
    f"one of the draws to meet an overstatement of {_OVERSTATED_PERCENT} % or more of the value drawn from."
)


def detection_ppm(proof: ProofSummary) -> int | None:
    """The chance, rounded down, that 1 % of overstatement of what was drawn from would have been found.

    None where nothing was drawn, or a drawn row has no proof: who overstates chooses the rows that have none.
    """
    if not proof.draws or proof.drawn_unproven:
        return None
    return floor_ppm(detection_probability(pool=100, overstated=_OVERSTATED_PERCENT, draws=proof.draws))


def remarks_text(proof: ProofSummary) -> str:
    """Why there is no chance to state, and what came of the chosen rows that are not proven as read; '' if all are."""
    parts = [] if detection_ppm(proof) is not None else [detection_text(proof)]
    if proof.differing_rows:
        parts.append(f"{proof.differing_rows} PROVEN OTHERWISE")
    if proof.contradicted_rows:
        parts.append(f"{proof.contradicted_rows} CONTRADICTED by the provider's own proof")
    if proof.pending_rows:
        parts.append(f"{proof.pending_rows} still to be proven")
    return "; ".join([*parts, *(f"{rows} not provable: {reason}" for reason, rows in proof.not_provable)])


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
        caught = f"would have been caught with {_percent(ppm)} probability"
        drawn = f"{proof.draws} draws from {format_amount(proof.pool, decimals=proof.decimals)}"
        return f"an overstatement of {_OVERSTATED_PERCENT} % or more of the sampled value {caught} ({drawn})"
    if proof.drawn_unproven:
        return f"no probability of detection: {proof.drawn_unproven} drawn rows have no proof"
    return "no probability of detection: only the largest rows were chosen"


def chance_text(proof: ProofSummary) -> str:
    """What `DETECTION_RULE` speaks of: ``95.0 %``; '' where there is none."""
    ppm = detection_ppm(proof)
    return "" if ppm is None else _percent(ppm)


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm // 1_000 % 10} %"
