"""Starknet: balances that token contracts state, as of any block accepted on L1.

A u256 comes as two field elements, the low 128 bits first. An address without a contract may hold tokens; a token
states a zero for what it does not know, in so many words.
Shapes and error codes: https://github.com/starkware-libs/starknet-specs, api/starknet_api_openrpc.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import SECOND, Held, Outcome, ask_each, outcome, readings, shape, utc
from chains.codec import starknet
from chains.controllers import Controls
from chains.errors import Malformed, NotFinal, Pruned, Reorged, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find
from chains.spec import ChainSpec
from chains.starknet import owners
from chains.starknet.wire import CONTRACT_ERROR, NO_BLOCK, NO_CONTRACT, Felt, view
from chains.types import Address, BalanceKey, BlockRef, Failure, Instrument, Pinning, Readings, Reason

_NAMESPACE = "starknet:"
TOKEN = "erc20:"  # noqa: S105  (an instrument, not a password)
_BAD_PARAMS, _BAD_BLOCK_ID = -32602, -32700
_ON_L1 = "ACCEPTED_ON_L1"
_HALF_END = 2**128


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``native_token``: the contract that keeps the coin fees are paid in."""

    native_token: Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]


class _Block(msgspec.Struct, frozen=True):
    status: str
    block_hash: Felt
    block_number: Annotated[int, msgspec.Meta(ge=0)]
    timestamp: int

    @property
    def ref(self) -> BlockRef:
        return BlockRef(self.block_number, f"0x{int(self.block_hash, 16):064x}", utc(self.timestamp * SECOND, "block"))


class StarknetAdapter(Native):
    """One configured Starknet. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = (
        "any block accepted on L1; Pathfinder keeps the state of all of them, Juno where it is not pruned"
    )
    keys_per_shard: ClassVar[int | None] = 1000

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options

    def parse_address(self, text: str) -> Address:
        return Address(starknet.encode(starknet.decode(text)))

    def parse_instrument(self, text: str) -> Instrument:
        if text.startswith(TOKEN):
            return Instrument(TOKEN + self.parse_address(text.removeprefix(TOKEN)))
        return super().parse_instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        serves = shape(Felt, await rpc.call("starknet_chainId"), "starknet_chainId")
        if int(serves, 16) != starknet.short_string(self.chain.removeprefix(_NAMESPACE)):
            raise WrongChain(f"{rpc.provider} serves chain {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        try:
            return (await _block(rpc, "l1_accepted")).ref
        except RpcFault as fault:
            if fault.code not in (_BAD_PARAMS, _BAD_BLOCK_ID):
                raise
        return await _newest_on_l1(rpc)  # a node before version 0.9 of the API knows no such tag

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_at, rpc), await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        answer = await rpc.call(*view(self._contract(instrument), "decimals", [], block))
        decimals = int(shape(list[Felt], answer, "decimals")[0], 16) if answer else -1
        if not 0 <= decimals <= 255:
            raise RpcFault(0, f"{instrument} states no decimals")
        return decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        await _check(rpc, block)

        def ask(key: BalanceKey) -> Call:
            return view(self._contract(key.instrument), "balanceOf", [key.address], block)

        return readings(block, keys, await ask_each(rpc, keys, ask, _held))

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The keys that each account contract names: they can be changed, and so can the contract's code."""
        await _check(rpc, block)
        return await owners.read(rpc, block, addresses)

    def _contract(self, instrument: Instrument) -> str:
        return self._options.native_token if instrument == self._spec.native else instrument.removeprefix(TOKEN)


def _held(key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    match answer:
        case RpcFault(code=code) if code == NO_CONTRACT:
            return Failure(Reason.NO_CODE, f"no contract at {key.instrument}")
        case RpcFault(code=code) if code == CONTRACT_ERROR:
            return Failure(Reason.REVERTED, str(answer)[:200])
        case RpcFault(code=code) if code == NO_BLOCK:
            return Pruned(code, "the node has not the state of this block")

    def read(answer: Json) -> Held:
        halves = [int(half, 16) for half in shape(list[Felt], answer, "balanceOf")]
        if len(halves) != 2 or max(halves) >= _HALF_END:
            raise Malformed("balanceOf: not the two halves of a u256")
        return Held(halves[0] + halves[1] * _HALF_END)

    return outcome(answer, read)


async def _block(rpc: Rpc, which: object) -> _Block:
    return shape(_Block, await rpc.call("starknet_getBlockWithTxHashes", (which,)), "block")


async def _at(rpc: Rpc, height: int) -> BlockRef:
    try:
        block = (await _block(rpc, {"block_number": height})).ref
    except RpcFault as fault:
        if fault.code == NO_BLOCK:
            raise Pruned(fault.code, f"the node has no block {height}") from None
        raise
    if block.height != height:
        raise Malformed(f"asked for block {height}, got {block.height}")
    return block


async def _check(rpc: Rpc, block: BlockRef) -> None:
    """Raises Reorged."""
    now = await _at(rpc, block.height)
    if now.hash != block.hash:
        raise Reorged(f"block {block.height} was {block.hash}, is {now.hash}")


async def _newest_on_l1(rpc: Rpc) -> BlockRef:
    """By binary search: what L1 has accepted is a beginning of the chain."""
    below, above = -1, (await _block(rpc, "latest")).block_number + 1
    found: _Block | None = None
    while above - below > 1:
        middle = (below + above) // 2
        block = await _block(rpc, {"block_number": middle})
        if block.status == _ON_L1:
            below, found = middle, block
        else:
            above = middle
    if found is None:
        raise NotFinal("no block is accepted on L1 yet")
    return found.ref


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``starknet:<name>``."""
    name = spec.id.removeprefix(_NAMESPACE)
    if name == spec.id or not name.isascii() or not 0 < len(name) <= starknet.SHORT_STRING_MAX:
        raise msgspec.ValidationError(f"a network of family starknet is named starknet:<name>, not {spec.id!r}")
    return StarknetAdapter(spec, msgspec.convert(spec.options, Options))
