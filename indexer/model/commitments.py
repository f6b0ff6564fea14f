"""A verdict about a commitment, joined to the statement it stands beside; and what it makes of a ratio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from indexer.model.liabilities import Liability
from indexer.model.verdict import LiabilityVerdict


class Backing(StrEnum):
    """What stands behind one asset's liabilities, and so behind its ratio. From the best to the worst."""

    PROVEN = "committed"  # the total follows from the commitment, whose root is the published one
    STATED = "not committed"  # nothing but the exchange's word: no commitment, or it was not given to this audit
    UNPROVEN = "commitment proves no total"  # of this asset, or of any: the scheme is unsound, or only places are shown
    UNANCHORED = "commitment unanchored"  # recomputed, but no published root was given
    DIFFERENT = "differs from its commitment"
    FAILED = "commitment failed"  # invalid, or it leads to another root than the published one


@dataclass(frozen=True, slots=True)
class CommitmentCheck:
    """What was given beside a statement, and the verdict about it.

    ``assets``: for each of the verdict's totals the symbol that config has for it, None where it has none.
    """

    files: int
    files_sha256: str
    verdict: LiabilityVerdict
    assets: tuple[str | None, ...]

    def __post_init__(self) -> None:
        assert len(self.assets) == len(self.verdict.totals), "a name for every total"


@dataclass(frozen=True, slots=True)
class Restated:
    """Another statement of the same exchange for the same month as the one a run is about."""

    name: str
    sha256: str
    as_of: datetime
    imported: datetime
    scheme: str
    root: str
    liabilities: tuple[Liability, ...]
