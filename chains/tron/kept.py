"""What ``getaccount`` said of permissions, with balances or without: who may act is then not asked a second time.

The one thing an adapter of this family remembers. It lives as long as the connection it came from, and answers only for
a block that had come when it was asked: never for a later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from chains.adapter import Rpc
from chains.controllers import Authority
from chains.tron.account import Account
from chains.tron.node import Said
from chains.types import Address, BlockRef, Failure

ACCOUNTS_MAX = 100_000
"""Of one connection; what comes after them is asked again."""


class Told(NamedTuple):
    """``block``: one that had come when the node was asked."""

    block: BlockRef
    controllers: tuple[Authority, ...] | Failure


class Kept:
    def __init__(self) -> None:
        self._by_rpc: WeakKeyDictionary[Rpc, dict[str, Told]] = WeakKeyDictionary()

    def keep(self, rpc: Rpc, block: BlockRef, said: Mapping[str, Said]) -> None:
        kept = self._by_rpc.setdefault(rpc, {})
        for address, account in said.items():
            if isinstance(account, Account) and (address in kept or len(kept) < ACCOUNTS_MAX):
                kept[address] = Told(block, account.controllers)

    def since(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> dict[Address, Told]:
        """What is known of these as of ``block`` or a later one."""
        kept = self._by_rpc.get(rpc, {})
        known = {address: kept[address] for address in addresses if address in kept}
        return {address: told for address, told in known.items() if told.block.height >= block.height}
