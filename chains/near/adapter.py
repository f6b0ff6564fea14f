"""NEAR: any block, by hash, of a node that has its state; what an account has locked as a validator stands beside.

A height may be skipped, and a node answers about a skipped height as about one it has dropped; so the nearest block
below is looked for. An account that does not exist is the node's explicit word for that block. Coins delegated to a
staking pool belong to the pool's account and are in no amount here. Tokens are read in ``tokens``.
Shapes: https://docs.near.org/api/rpc (status, block, query view_account); a node takes no JSON-RPC batches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, ask_each, by_instrument, controls, digits, outcome, readings, shape, utc
from chains.controllers import Controls
from chains.errors import BadAddress, Malformed, Pruned, Reorged, RpcFault, WrongChain
from chains.family import Native
from chains.near import control, tokens
from chains.search_time import find
from chains.spec import ChainSpec, NoOptions
from chains.types import Address, BalanceKey, BlockRef, Instrument, Liquidity, Pinning, Readings

_NAMESPACE = "near:"
TOKEN = "nep141:"  # noqa: S105  (an instrument, not a password)
SKIPPED_MAX = 20
"""Heights that may be skipped in a row."""
_NO_BLOCK = "DB Not Found Error"
_NO_ACCOUNT = re.compile(r"account \S+ does not exist while viewing")
_PART = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
_NAME = re.compile(rf"(?=.{{2,64}}\Z){_PART}(?:\.{_PART})*")


class _Status(msgspec.Struct, frozen=True):
    chain_id: str


class _Header(msgspec.Struct, frozen=True):
    height: Annotated[int, msgspec.Meta(ge=0)]
    hash: str
    timestamp_nanosec: str


class _Block(msgspec.Struct, frozen=True):
    header: _Header

    @property
    def ref(self) -> BlockRef:
        nanos = digits(self.header.timestamp_nanosec, "timestamp_nanosec")
        return BlockRef(self.header.height, self.header.hash, utc(nanos // 1000, "timestamp_nanosec"))


class _Account(msgspec.Struct, frozen=True):
    amount: str
    locked: str
    block_hash: str


class NearAdapter(Native):
    """One configured NEAR network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = "any block of the last five epochs (about 36 hours); an archival node for all before"
    keys_per_shard: ClassVar[int | None] = 1000

    def parse_address(self, text: str) -> Address:
        if not _NAME.fullmatch(text):
            raise BadAddress("an account is 2 to 64 characters: lower-case letters and digits, parted by - _ or .")
        return Address(text)

    def parse_instrument(self, text: str) -> Instrument:
        if not text.startswith(TOKEN):
            return super().parse_instrument(text)
        return Instrument(TOKEN + self.parse_address(text.removeprefix(TOKEN)))

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        return await tokens.decimals(rpc, block, instrument.removeprefix(TOKEN))

    async def check_chain(self, rpc: Rpc) -> None:
        serves = _NAMESPACE + shape(_Status, await rpc.call("status"), "status").chain_id
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await _block(rpc, finality="final")).ref

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_at, rpc), await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        now = (await _block(rpc, block_id=block.height)).ref
        if now.hash != block.hash:
            raise Reorged(f"block {block.height} was {block.hash}, is {now.hash}")

        held: dict[BalanceKey, Outcome] = {}
        for instrument, of_one in by_instrument(keys).items():
            if instrument == self._spec.native:
                held |= await ask_each(rpc, of_one, partial(_ask, block), partial(_held, block))
            else:
                held |= await tokens.read(rpc, block, instrument.removeprefix(TOKEN), of_one)
        return readings(block, keys, held)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        answers = await rpc.batch([control.ask(block, one) for one in addresses]) if addresses else []
        return controls(block, [outcome(answer, partial(control.full_access, block)) for answer in answers])


def _ask(block: BlockRef, key: BalanceKey) -> Call:
    return "query", {"request_type": "view_account", "block_id": block.hash, "account_id": key.address}


def _held(block: BlockRef, key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    if isinstance(answer, RpcFault) and isinstance(answer.data, str) and _NO_ACCOUNT.fullmatch(answer.data):
        return Held(0)

    def read(answer: Json) -> Held:
        account = shape(_Account, answer, "view_account")
        if account.block_hash != block.hash:
            raise Malformed(f"view_account: of block {account.block_hash}")
        return Held(digits(account.amount, "amount"), {Liquidity.STAKED: digits(account.locked, "locked")})

    return outcome(answer, read)


async def _block(rpc: Rpc, **which: object) -> _Block:
    """Raises Pruned where the node has no such block: dropped, or skipped by the chain."""
    try:
        return shape(_Block, await rpc.call("block", which), "block")
    except RpcFault as fault:
        if _NO_BLOCK in str(fault.data):
            raise Pruned(fault.code, f"the node has no block {which}") from None
        raise


async def _at(rpc: Rpc, height: int) -> BlockRef:
    """The block at a height, or the last one before it where heights were skipped."""
    for below in range(height, max(-1, height - SKIPPED_MAX - 1), -1):
        try:
            block = (await _block(rpc, block_id=below)).ref
        except Pruned:
            continue
        if block.height != below:
            raise Malformed(f"asked for block {below}, got {block.height}")
        return block
    raise Pruned(0, f"the node has no block from {height} down to {height - SKIPPED_MAX}")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for options, of which there are none, or an id that is not ``near:<chain id>``."""
    msgspec.convert(spec.options, NoOptions)
    if not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a network of family near is named near:<chain id>, not {spec.id!r}")
    return NearAdapter(spec)
