"""Sui through the door: any checkpoint the provider still keeps, many addresses a request.

A checkpoint is final when certified. Coins of one type that an address owns are summed by the service, which answers
about a checkpoint as long as its store of live objects reaches back (serviceConfig.availableRange).
Shapes and limits: https://docs.sui.io/references/sui-graphql (Query.checkpoint, multiGetAddresses, Address.balance,
Address.objects, coinMetadata; maxQueryPayloadSize 5,000 bytes, variables included).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import Outcome, by_instrument, readings
from chains.codec import move
from chains.errors import Reorged, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find
from chains.spec import ChainSpec
from chains.sui import owners
from chains.sui.graph import call, checkpoint, field
from chains.types import Address, BalanceKey, BlockRef, Instrument, Pinning, Readings

COIN = "coin:"
_NATIVE_TYPE = move.type_name("0x2::sui::SUI")
_CHAIN = "{ chainIdentifier }"
_METADATA = "query($type: String!) { coinMetadata(coinType: $type) { decimals } }"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``identifiers``: the digest of the first checkpoint as services state it, whole or its first four bytes."""

    identifiers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class SuiAdapter(Native):
    """One configured Sui network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = "any checkpoint within the provider's retention of balances, which may be hours"
    index: ClassVar[str] = "the GraphQL service's database"
    keys_per_shard: ClassVar[int | None] = owners.KEYS_MAX * 25

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options

    def parse_address(self, text: str) -> Address:
        return Address(move.canonical(text))

    def parse_instrument(self, text: str) -> Instrument:
        if text.startswith(COIN):
            return Instrument(COIN + move.type_name(text.removeprefix(COIN)))
        return super().parse_instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        found = field(await rpc.call(*call(_CHAIN)), "chainIdentifier")
        if found not in self._options.identifiers:
            raise WrongChain(f"{rpc.provider} serves {found}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await checkpoint(rpc, None)

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(checkpoint, rpc), await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        match field(await rpc.call(*call(_METADATA, type=instrument.removeprefix(COIN))), "coinMetadata"):
            case {"decimals": int(decimals)}:
                return decimals
        raise RpcFault(0, f"{instrument} states no decimals")

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        now = await checkpoint(rpc, block.height)
        if now.hash != block.hash:
            raise Reorged(f"checkpoint {block.height} was {block.hash}, is {now.hash}")
        found: dict[BalanceKey, Outcome] = {}
        for instrument, of_one in by_instrument(keys).items():
            native = instrument == self._spec.native
            coin = _NATIVE_TYPE if native else instrument.removeprefix(COIN)
            found |= await owners.read(rpc, block, of_one, coin, stakes=native)
        return readings(block, keys, found)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return SuiAdapter(spec, msgspec.convert(spec.options, Options))
