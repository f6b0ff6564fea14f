"""A Cosmos chain through the door: one config entry each, all by CometBFT's own JSON-RPC.

A block is final when committed. The state at a height is that after its transactions. What vests is part of the
balance; rewards that wait to be withdrawn are in none of the amounts. Other denominations (of IBC, of factories) are
balances of the same bank, and never staked.
Shapes: https://docs.cometbft.com/v0.38/rpc (status, blockchain, abci_query).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import Outcome, by_instrument, readings, rfc3339, shape
from chains.codec import bech32_bytes
from chains.cosmos import staking
from chains.errors import BadAddress, Malformed, Pruned, Reorged, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Instrument, Pinning, Readings

_NAMESPACE = "cosmos:"
DENOM = "denom:"
_DENOM = "[a-zA-Z][a-zA-Z0-9/:._-]{1,127}"
_SIZES = (20, 32)
_BELOW_BASE = "can't be greater than max height"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``network``: the chain id the nodes state, where CAIP-2 has no room for it. ``staking``: ask for delegations."""

    hrp: Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")]
    denom: Annotated[str, msgspec.Meta(pattern=f"^{_DENOM}$")]
    network: str | None = None
    staking: bool = True


class _Node(msgspec.Struct, frozen=True):
    network: str


class _Sync(msgspec.Struct, frozen=True):
    latest_block_height: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]


class _Status(msgspec.Struct, frozen=True):
    node_info: _Node
    sync_info: _Sync


class _BlockId(msgspec.Struct, frozen=True):
    hash: Annotated[str, msgspec.Meta(pattern="^[0-9A-F]{64}$")]


class _Header(msgspec.Struct, frozen=True):
    chain_id: str
    height: str
    time: str


class _Meta(msgspec.Struct, frozen=True):
    block_id: _BlockId
    header: _Header


class _Blockchain(msgspec.Struct, frozen=True):
    block_metas: list[_Meta]


class CosmosAdapter(Native):
    """One configured chain of the Cosmos SDK. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = "any height the node has not pruned (often the last days); an archive node for all of them"
    keys_per_shard: ClassVar[int | None] = 500

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options
        self._network = options.network or spec.id.removeprefix(_NAMESPACE)

    def parse_address(self, text: str) -> Address:
        for size in _SIZES:
            try:
                raw = bech32_bytes.decode(text, self._options.hrp, size=size)
            except BadAddress:
                if size == _SIZES[-1]:
                    raise
            else:
                return Address(bech32_bytes.encode(self._options.hrp, raw))
        raise AssertionError("some size is the last")

    def parse_instrument(self, text: str) -> Instrument:
        if not text.startswith(DENOM):
            return super().parse_instrument(text)
        denom = text.removeprefix(DENOM)
        if denom == self._options.denom or not re.fullmatch(_DENOM, denom):
            raise BadAddress(f"a denomination of {self.chain} is {DENOM}<its name>; {self._options.denom} has its own")
        return Instrument(text)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        raise RpcFault(0, "the bank knows base units; what a chain says of their decimals is for display")

    async def check_chain(self, rpc: Rpc) -> None:
        network = (await _status(rpc)).node_info.network
        if network != self._network:
            raise WrongChain(f"{rpc.provider} serves {network!r}, not {self._network!r}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await self._at(rpc, int((await _status(rpc)).sync_info.latest_block_height))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(self._at, rpc), await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        now = await self._at(rpc, block.height)
        if now.hash != block.hash:
            raise Reorged(f"block {block.height} was {block.hash}, is {now.hash}")
        found: dict[BalanceKey, Outcome] = {}
        for instrument, of_one in by_instrument(keys).items():
            native = instrument == self._spec.native
            denom = self._options.denom if native else instrument.removeprefix(DENOM)
            staked = native and self._options.staking
            held = await staking.held(rpc, block.height, [key.address for key in of_one], denom, staked=staked)
            found |= {BalanceKey(address, instrument): outcome for address, outcome in held.items()}
        return readings(block, keys, found)

    async def _at(self, rpc: Rpc, height: int) -> BlockRef:
        asked = {"minHeight": str(height), "maxHeight": str(height)}
        try:
            answer = await rpc.call("blockchain", asked)
        except RpcFault as fault:
            if _BELOW_BASE in f"{fault.message} {fault.data}":
                raise Pruned(fault.code, f"the node has no block {height}") from None
            raise
        metas = shape(_Blockchain, answer, "blockchain").block_metas
        if not metas:
            raise Pruned(0, f"the node has no block {height}")
        header = metas[0].header
        if header.height != str(height) or header.chain_id != self._network:
            raise Malformed(f"asked for block {height}, got {header.height} of {header.chain_id!r}")
        return BlockRef(height, metas[0].block_id.hash, rfc3339(header.time, "block"))


async def _status(rpc: Rpc) -> _Status:
    return shape(_Status, await rpc.call("status"), "status")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``cosmos:<chain id>``."""
    if not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a chain of family cosmos is named cosmos:<chain id>, not {spec.id!r}")
    return CosmosAdapter(spec, msgspec.convert(spec.options, Options))
