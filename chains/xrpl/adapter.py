"""XRP and issued tokens through the door.

``actNotFound`` and ``entryNotFound`` in a validated ledger are the ledger's own word that there is no account, or no
trust line. A balance includes the reserve, which its owner cannot spend while the account exists; what is in escrow,
payment channels or pools is in no balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import Outcome, by_instrument, controls, readings
from chains.codec import ripple
from chains.controllers import Controls
from chains.errors import Reorged, WrongChain
from chains.family import Native
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Instrument, Pinning, Readings
from chains.xrpl import accounts, lines, tokens
from chains.xrpl.control import authorities
from chains.xrpl.wire import at, call, ledger_of, network

_NAMESPACE = "xrpl:"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``ledgers_min``: how many validated ledgers the network has at least.

    rippled states its network id only where one is configured, and on the main network none need be: such a server is
    told from those of younger networks by the number of its ledgers.
    """

    ledgers_min: Annotated[int, msgspec.Meta(ge=0)] = 0


class XrplAdapter(Native):
    """One configured network of XRP Ledger servers. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = (
        "any validated ledger, by hash, of a server that still has it: most keep days, full-history servers everything"
    )
    keys_per_shard: ClassVar[int | None] = 1000

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options

    def parse_address(self, text: str) -> Address:
        return Address(ripple.encode(ripple.decode(text)))

    def parse_instrument(self, text: str) -> Instrument:
        return tokens.parse(text).instrument if text.startswith(tokens.PREFIX) else super().parse_instrument(text)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        native = instrument == self._spec.native
        return await super().decimals(rpc, block, instrument) if native else tokens.DECIMALS

    async def check_chain(self, rpc: Rpc) -> None:
        stated = await network(rpc)
        if stated is not None:
            if f"{_NAMESPACE}{stated}" != self.chain:
                raise WrongChain(f"{rpc.provider} serves {_NAMESPACE}{stated}, not {self.chain}")
            return
        newest = await ledger_of(rpc, ledger_index="validated")
        if self.chain != f"{_NAMESPACE}0" or newest.height < self._options.ledgers_min:
            raise WrongChain(f"{rpc.provider} names no network and is at ledger {newest.height}: not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await ledger_of(rpc, ledger_index="validated")

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(at, rpc), await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        found = await ledger_of(rpc, ledger_hash=block.hash)
        if (found.height, found.hash) != (block.height, block.hash):
            raise Reorged(f"ledger {block.hash} was {block.height}, is {found.height} {found.hash}")
        held: dict[BalanceKey, Outcome] = {}
        for instrument, of_one in by_instrument(keys).items():
            if instrument == self._spec.native:
                held |= await accounts.read(rpc, block, of_one)
            else:
                held |= await lines.read(rpc, block, tokens.parse(instrument), of_one)
        return readings(block, keys, held)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The key an address was made from may be disabled, and others may sign in its place."""
        calls = [call("account_info", account=one, ledger_hash=block.hash, signer_lists=True) for one in addresses]
        answers = await rpc.batch(calls) if calls else []
        return controls(block, [authorities(block, *pair) for pair in zip(addresses, answers, strict=True)])


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``xrpl:<network id>``."""
    if not spec.id.removeprefix(_NAMESPACE).isdigit() or not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a network of family xrpl is named xrpl:<network id>, not {spec.id!r}")
    return XrplAdapter(spec, msgspec.convert(spec.options, Options))
