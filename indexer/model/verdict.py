"""What a published commitment of liabilities shows, and what it does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Anchor(StrEnum):
    """The root that was recomputed against the root that was published elsewhere."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNANCHORED = "unanchored"  # no published root was given, or none could be computed


class Proven(StrEnum):
    """What the files alone establish, if the hash function holds."""

    INCLUSION = "inclusion"  # a user's record is under the root
    SUMS = "sums"  # the totals are the sums of what is under the root, as far as the files reach
    NON_NEGATIVITY = "non-negativity"  # no amount in the files is below zero
    RANGE = "range"  # every amount in the files is below the scheme's bound
    COMPLETENESS = "completeness"  # nothing under the root was left out: every node, or the chain of batches


class CommittedTotal(NamedTuple):
    """One asset's total. ``scale`` is its number of decimals, None where the publication does not say."""

    asset: str
    amount: int
    scale: int | None


class Rejected(NamedTuple):
    """One file or line that does not hold. ``where`` is ``file`` or ``file:line`` (1-based)."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityVerdict:
    """The conclusion about one publication, or one user's place in it.

    ``valid``: everything that could be recomputed agrees, and nothing was rejected; it says nothing of the anchor.
    ``totals`` are what the root commits to; ``found`` is what the given users' own records came to (empty where the
    publication alone was verified). ``not_proven`` are plain sentences to print wherever ``valid`` is printed.
    """

    scheme: str
    version: str
    root_found: str | None
    root_published: str | None
    totals: tuple[CommittedTotal, ...]
    leaves: int | None
    valid: bool
    proven: tuple[Proven, ...]
    not_proven: tuple[str, ...]
    rejected: tuple[Rejected, ...] = ()  # the first of them
    rejected_count: int = 0
    found: tuple[CommittedTotal, ...] = ()

    def __post_init__(self) -> None:
        assert self.rejected_count >= len(self.rejected), "more listed than counted"
        assert not (self.valid and self.rejected_count), "valid, with something rejected"

    @property
    def anchored(self) -> Anchor:
        if self.root_found is None or self.root_published is None:
            return Anchor.UNANCHORED
        return Anchor.EQUAL if same_root(self.root_found, self.root_published) else Anchor.DIFFERENT


def same_root(one: str, other: str) -> bool:
    """Whether two texts name one root: case, surrounding space and a leading 0x are not part of it."""
    return _bare(one) == _bare(other)


def _bare(root: str) -> str:
    return root.strip().lower().removeprefix("0x")
