"""The conclusion of a run. A total never travels without its coverage: they are one record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chains.types import ChainId, Liquidity
from indexer.model.commitments import Backing, CommitmentCheck, Restated
from indexer.model.control import OwnershipSummary
from indexer.model.findings import Finding
from indexer.model.liabilities import Commitment, Liability
from indexer.model.proofs import ProofSummary
from indexer.model.run import Pin, RunState
from indexer.model.verdict import Anchor


class RowStatus(StrEnum):
    """``observed`` is a row that was read but claims no amount: resolved, with nothing to compare."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    OBSERVED = "observed"
    DISPUTED = "disputed"
    UNPINNED = "unpinned"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    REJECTED = "rejected"


RESOLVED = (RowStatus.VERIFIED, RowStatus.MISMATCH, RowStatus.OBSERVED)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rows by status. Duplicates are counted apart: they are lines, but claim nothing twice."""

    verified: int = 0
    mismatch: int = 0
    observed: int = 0
    disputed: int = 0
    unpinned: int = 0
    unavailable: int = 0
    unsupported: int = 0
    rejected: int = 0
    duplicates: int = 0

    @property
    def resolved(self) -> int:
        return self.verified + self.mismatch + self.observed

    @property
    def unresolved(self) -> int:
        return self.disputed + self.unpinned + self.unavailable + self.unsupported + self.rejected

    @property
    def rows(self) -> int:
        return self.resolved + self.unresolved

    @property
    def complete(self) -> bool:
        return self.unresolved == 0


@dataclass(frozen=True, slots=True)
class Total:
    """Sums in base units at ``scale`` decimals, over the rows that ``coverage`` counts.

    ``claimed`` is None where some row claims no readable amount. The true total lies in [``low``, ``high``]: ``low``
    counts resolved rows only, ``high`` adds the unresolved ones as claimed, and is None where that is unknown.
    Complete coverage means low == high.
    """

    asset: str
    chain: ChainId | None  # None: the asset over all its networks
    scale: int | None  # None: an asset whose decimals are unknown; then there is no sum at all
    claimed: int | None
    low: int
    high: int | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class ReserveRatio:
    """Reserves over liabilities in parts per million, rounded down. None where it does not exist.

    ``low_ppm``/``high_ppm`` use the chain-observed total only; ``attested_low_ppm`` adds third-party custody.
    ``liabilities`` are those of every source together; ``backing`` says what stands behind them.
    """

    asset: str
    scale: int
    liabilities: int
    attested: int
    low_ppm: int | None
    high_ppm: int | None
    attested_low_ppm: int | None
    attested_high_ppm: int | None
    backing: Backing = Backing.STATED


@dataclass(frozen=True, slots=True)
class ReadingBefore:
    """What an earlier run read of the same holding before the claimed height, in base units.

    ``explained`` is that amount and the transfers from there to the claimed height: what they say was held then. It
    equals what the reading after says exactly where both readings and all transfers between them add up; None where no
    transfers could be followed from there. ``residue`` is what the claim has more than that, as of the reading after.
    """

    run_id: int
    height: int
    explained: int | None
    residue: int | None


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One row an auditor must look at: everything but verified and observed. Amounts in the instrument's base units."""

    line_no: int
    asset: str
    chain: ChainId | None
    address: str
    status: RowStatus
    claimed: int | None
    observed: int | None
    decimals: int | None
    reason: str
    explained: int | None = None
    """What transfers say was held at the claimed height, of a row that was read later."""
    residue: int | None = None
    """What the claim has more than that, locked coins included where it exceeds the liquid ones; below 0: less."""
    before: ReadingBefore | None = None

    @property
    def gap(self) -> int | None:
        """What the reading after has more than the reading before and the transfers between them; 0: they add up."""
        if self.explained is None or self.before is None or self.before.explained is None:
            return None
        return self.explained - self.before.explained


@dataclass(frozen=True, slots=True)
class ExceptionCause:
    """Exceptions of one network with one status, for one ``reason`` ('' where rows differ, each in its own way)."""

    status: RowStatus
    chain: ChainId | None
    reason: str
    rows: int
    first_line: int


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """What one provider contributed. Named, never by URL."""

    chain: ChainId
    provider: str
    operator: str
    readings: int


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Rows of one asset that at least two independent witnesses answered, and what those rows claim (base units at
    ``scale``; None where some claim no readable amount).
    """

    asset: str
    scale: int
    rows: int
    claimed: int | None


@dataclass(frozen=True, slots=True)
class LockedTotal:
    """What rows of one asset hold in one class beside the liquid amount, in base units at ``scale``.

    ``counted`` is the part of ``amount`` that is in the observed total: that of rows that claim more than is liquid.
    """

    asset: str
    scale: int
    liquidity: Liquidity
    rows: int
    amount: int
    counted: int

    def plus(self, other: LockedTotal) -> LockedTotal:
        rows, amount, counted = self.rows + other.rows, self.amount + other.amount, self.counted + other.counted
        return replace(self, rows=rows, amount=amount, counted=counted)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Rows of one asset on one network that were read later than claimed, against the transfers in between.

    ``matching`` is what the rows claim that transfers explain to the last unit; of ``differing_rows`` the claims are
    ``short`` + ``over`` away: ``short`` is claimed but not explained. ``both_rows`` of these two kinds were explained
    alike from a reading before and from the reading after. Of ``torn_rows`` the two readings and the transfers between
    them do not add up, so nothing is explained. The other rows could not be followed. All of them stay unpinned.
    Amounts are base units at ``scale``.
    """

    asset: str
    chain: ChainId
    scale: int
    rows: int
    matching_rows: int
    matching: int
    differing_rows: int
    short: int
    over: int
    both_rows: int
    torn_rows: int

    @property
    def open_rows(self) -> int:
        return self.rows - self.matching_rows - self.differing_rows - self.torn_rows

    def plus(self, other: Reconciled) -> Reconciled:
        names = ("rows", "matching_rows", "matching", "differing_rows", "short", "over", "both_rows", "torn_rows")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the outputs show; CLI table, JSON, CSV and HTML are renderings of this one record."""

    run_id: int
    exchange: str
    as_of: datetime
    state: RunState
    list_name: str
    list_sha256: str
    list_format: str
    lines: int
    accepted: int
    rejected: int
    rejected_unassigned: int  # rejected lines whose asset could not even be read
    statement_sha256: str | None
    commitment: Commitment | None
    liabilities_as_of: datetime | None
    pins: tuple[Pin, ...]
    providers: tuple[ProviderUse, ...]
    asset_totals: tuple[Total, ...]  # chain is None
    network_totals: tuple[Total, ...]
    ratios: tuple[ReserveRatio, ...]
    exceptions: tuple[ExceptionRow, ...]  # at most ``exceptions_max`` of them; contradictions first, then by line
    exceptions_count: int
    findings: tuple[Finding, ...]
    readings_digest: str
    code_version: str
    chain_names: dict[ChainId, str]
    causes: tuple[ExceptionCause, ...] = ()  # of all exceptions, listed or not; contradictions first, then by rows
    proofs: tuple[ProofSummary, ...] = ()  # empty where nothing was to be proven
    witnessed: tuple[Witnessed, ...] = ()  # empty where no row was asked of two operators
    locked: tuple[LockedTotal, ...] = ()  # only what occurs
    reconciled: tuple[Reconciled, ...] = ()  # empty where no transfers were followed
    liabilities: tuple[Liability, ...] = ()  # by source; what the ratios were made from
    check: CommitmentCheck | None = None  # of the files of the commitment, where they were given
    restated: tuple[Restated, ...] = ()  # other statements for the same month, as known now
    ownership: OwnershipSummary | None = None  # None until every signature of the list is checked

    @property
    def complete(self) -> bool:
        """Nothing is left to be read, proven or asked: a run that is not frozen waits for one of these."""
        proven = all(proof.pending_rows == 0 for proof in self.proofs)
        resolved = self.rejected_unassigned == 0 and all(total.coverage.complete for total in self.asset_totals)
        return self.state is RunState.FROZEN and proven and resolved

    @property
    def unanchored(self) -> bool:
        """A commitment was given and there is no published root that it could be the one of."""
        return self.check is not None and self.check.verdict.anchored is Anchor.UNANCHORED

    @property
    def matching(self) -> bool:
        """Nothing published is contradicted by what was read."""
        return all(total.coverage.mismatch == 0 and total.coverage.disputed == 0 for total in self.asset_totals)
