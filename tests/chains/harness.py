"""What a family gives to the contract suite (test_contract.py).

A family ``x`` of chains/registry.FAMILIES is covered by ``tests/chains/harness_x.py`` with ``HARNESS: FamilyHarness``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from chains.adapter import Rpc
from chains.spec import ChainSpec
from chains.types import BalanceKey, Reason


class GoodAddress(NamedTuple):
    """``text`` parses to ``canonical``. ``checksummed``: any one changed character must be refused; where the
    form carries no checksum (lower-case EVM, Solana) it may instead parse to another address.
    """

    text: str
    canonical: str
    checksummed: bool


class Scene(Protocol):
    """A running engine whose final block already holds all of this."""

    @property
    def rpc(self) -> Rpc: ...

    @property
    def known(self) -> Sequence[tuple[BalanceKey, int]]:
        """At least three keys with amounts above zero, each amount different; no key twice."""
        ...

    @property
    def absent(self) -> Sequence[BalanceKey]:
        """Distinct keys that are zero by the chain's own rule; with ``known`` at least 1,000 keys."""
        ...

    @property
    def failing(self) -> Sequence[tuple[BalanceKey, Reason]]:
        """Keys the chain cannot answer, one at a time; empty where the family has none."""
        ...

    async def advance(self) -> None:
        """Moves the final block on by at least one; no balance changes."""
        ...

    async def change(self) -> tuple[BalanceKey, int]:
        """Gives one key (always the same, none of the above) another amount in a new final block, and returns both."""
        ...


class FamilyHarness(Protocol):
    """Static facts need no engine; ``engine()`` starts one, or raises EngineMissing on entering."""

    @property
    def spec(self) -> ChainSpec:
        """The chain the engine serves."""
        ...

    @property
    def stranger(self) -> ChainSpec:
        """Another chain of the family, which the engine does not serve."""
        ...

    @property
    def good(self) -> Sequence[GoodAddress]: ...

    @property
    def bad(self) -> Sequence[str]: ...

    @property
    def instruments(self) -> Sequence[tuple[str, int]]:
        """(canonical instrument, decimals as the running chain states them), the native coin first."""
        ...

    @property
    def instruments_bad(self) -> Sequence[str]: ...

    def engine(self) -> AbstractAsyncContextManager[Scene]: ...


def harness(family: str) -> FamilyHarness:
    """The harness of a registered family; a family without one fails here."""
    return cast(FamilyHarness, import_module(f"tests.chains.harness_{family}").HARNESS)
