"""What the chains say of addresses whose signatures left something open, and what a run's verdicts come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chains.controllers import Signer
from chains.ownership.types import Verdict
from chains.types import Address


class Said(StrEnum):
    """What the chain said of those who signed."""

    CONFIRMED = "confirmed"  # they control the address
    TOO_FEW = "too few"  # they are among those who do, but cannot act without others
    OTHERS = "others"  # they are not among those who do
    HIDDEN = "hidden"  # a hash decides, behind which they may stand with others, or others alone
    DISPUTED = "disputed"  # independent witnesses name different controllers
    UNREAD = "unread"  # it could not be read


class OpenRow(NamedTuple):
    """A row that waits for what the chain says; ``address`` is canonical."""

    line_no: int
    address: Address
    signers: tuple[Signer, ...]


class ControlOutcome(NamedTuple):
    line_no: int
    said: Said
    detail: str
    providers: str


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one asset and verdict: what the chains said they hold, in base units at the asset's scale.

    ``low`` counts resolved rows only, ``high`` adds the unresolved ones as claimed, and is None where that is unknown.
    ``verdict`` is None for rows whose signatures were not read.
    """

    asset: str
    verdict: Verdict | None
    rows: int
    low: int
    high: int | None
    counts: bool


@dataclass(frozen=True, slots=True)
class OwnershipSummary:
    """Of a run whose signatures are checked. ``judged`` is False where the list publishes no signature at all: then
    every row counts. ``said``: rows by what the chain said; ``open_rows`` still wait for that.
    """

    judged: bool
    counts: tuple[Verdict, ...]
    messages: tuple[str, ...]
    held: tuple[Held, ...]
    scales: dict[str, int]
    said: dict[Said, int]
    open_rows: int

    def counted(self, asset: str) -> tuple[int, int | None]:
        """(low, high) of what counts toward the reserve."""
        parts = [part for part in self.held if part.asset == asset and part.counts]
        highs = [part.high for part in parts]
        high = None if None in highs else sum(each for each in highs if each is not None)
        return sum(part.low for part in parts), high
