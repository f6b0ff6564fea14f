"""What can be said of balances that carry their own proof: the words of the optional half of the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.types import BalanceKey


@dataclass(frozen=True, slots=True)
class NoProofs:
    """In the place of a prover: why balances of a network cannot be proven."""

    reason: str


@dataclass(frozen=True, slots=True)
class ProvenBalance:
    """Base units that the hash of the pinned block commits to (for a token: under its rule)."""

    key: BalanceKey
    amount: int


@dataclass(frozen=True, slots=True)
class NotProvable:
    """No proof can be had of this, and nobody has lied: never zero, never proven."""

    key: BalanceKey
    reason: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What the provider sent does not prove what it says: a finding against the provider, not a balance."""

    key: BalanceKey
    detail: str


@dataclass(frozen=True, slots=True)
class Doubted:
    """What the provider sent would be a Contradiction, were it certain that this network is built as supposed.

    Not proven; a lie only where another provider's proof of the same block holds.
    """

    key: BalanceKey
    detail: str


Outcome = ProvenBalance | NotProvable | Contradiction | Doubted


@dataclass(frozen=True, slots=True)
class Proofs:
    """One outcome per key, in order, and the proofs themselves (`Prover.verify` reads them back)."""

    outcomes: Sequence[Outcome]
    evidence: bytes | None
    """None where the header itself could not be proven."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Where an instrument keeps its balances, as the family's own line of text; or None, and why not."""

    rule: str | None
    reason: str = ""
