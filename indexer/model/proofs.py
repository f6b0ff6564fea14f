"""What was proven of a run: a sample of the claims, and what came of each row of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chains.types import BalanceKey, ChainId, Instrument
from indexer.model.findings import Finding


class ProofState(StrEnum):
    PROVEN = "proven"
    CONTRADICTION = "contradiction"  # a provider's own proof does not prove what it says
    NOT_PROVABLE = "not-provable"


@dataclass(frozen=True, slots=True)
class Population:
    """The claims of one instrument under one pin: line numbers, and what each claims in base units (None: nothing)."""

    instrument: Instrument
    asset: str
    decimals: int
    line_nos: tuple[int, ...]
    claims: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ProofSample:
    """The lines of one population that are to be proven. ``unproven`` says why none can be; then none is chosen."""

    pin_no: int
    instrument: Instrument
    asset: str
    decimals: int
    rows: int  # claims with an amount
    claimed: int  # base units
    seed: str  # drawn when the pin was read
    draws: int  # repeats included
    pool: int  # base units that were drawn from
    top: tuple[int, ...] = ()
    drawn: tuple[int, ...] = ()
    unproven: str | None = None


@dataclass(frozen=True, slots=True)
class SampledRow:
    """A sampled line that has no outcome yet. ``reading`` is what all its witnesses read; None where they did not."""

    line_no: int
    key: BalanceKey
    reading: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Verified proofs as bytes, and who gave them."""

    provider: str
    operator: str
    evidence: bytes


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What came of one sampled line. Proven has an amount and the evidence for it, everything else a reason."""

    line_no: int
    state: ProofState
    amount: int | None = None
    evidence: Evidence | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ProvenChunk:
    """Everything that is kept together, or not at all."""

    outcomes: tuple[RowOutcome, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """One kept piece of evidence, and what this run says that it proves."""

    proof_id: int
    chain: ChainId
    block_hash: str
    provider: str
    evidence: bytes
    proven: dict[BalanceKey, int]


@dataclass(frozen=True, slots=True)
class ProofSummary:
    """What was proven of one instrument on one network at one height. Amounts in base units at ``decimals``.

    ``sampled`` is what the sampled rows claim, ``proven`` what those proven to be as read are proven to hold.
    """

    chain: ChainId
    height: int
    asset: str
    instrument: Instrument
    decimals: int
    rows: int
    claimed: int
    seed: str
    draws: int
    pool: int
    sampled_rows: int
    sampled: int
    proven_rows: int
    proven: int
    differing_rows: int  # proven to be other than read: `disputed`
    contradicted_rows: int
    drawn_unproven: int  # drawn rows without a proof
    not_provable: tuple[tuple[str, int], ...]  # (reason, rows)
    unproven: str | None

    @property
    def pending_rows(self) -> int:
        decided = self.proven_rows + self.differing_rows + self.contradicted_rows
        return self.sampled_rows - decided - sum(rows for _, rows in self.not_provable)
