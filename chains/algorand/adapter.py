"""Algorand by a node (algod): accounts and their assets, as of the newest round only.

A node states an account it has never seen as one with nothing in it; an asset the account has not opted in to is a 404
of its own words. Rounds follow each other every three seconds, and most answers name theirs, so few keys are asked at
a time and all again when the round changed meanwhile. Transactions since a round are an indexer's (indexer.py).
Shapes: https://developer.algorand.org/docs/rest-apis/algod (v2/accounts, v2/status, v2/blocks, versions).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.algorand import flows, indexer
from chains.answers import SECOND, Held, Outcome, ask_each, controls, outcome, readings, shape, utc
from chains.codec import algorand
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import BadAddress, Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.spec import ChainSpec, NoOptions
from chains.steady import reached, steady
from chains.types import Address, BalanceKey, BlockRef, Flows, Instrument, Liquidity, Pinning, Readings

_NAMESPACE = "algorand:"
_REFERENCE_LETTERS = 32
ASSET = "asa:"
_ASSET_ID = re.compile(r"[1-9][0-9]{0,18}")
_NOT_HELD = "account asset info not found"
_U64 = Annotated[int, msgspec.Meta(ge=0)]


class _Versions(msgspec.Struct, frozen=True):
    genesis_hash_b64: str


class _Status(msgspec.Struct, frozen=True, rename="kebab"):
    last_round: _U64


class _Hash(msgspec.Struct, frozen=True, rename="camel"):
    block_hash: str


class _Header(msgspec.Struct, frozen=True):
    rnd: int
    ts: int


class _Block(msgspec.Struct, frozen=True):
    block: _Header


class _Account(msgspec.Struct, frozen=True):
    address: str
    amount: _U64
    round: int


class _Control(msgspec.Struct, frozen=True, rename="kebab"):
    address: str
    round: int
    auth_addr: str = ""


class _Holding(msgspec.Struct, frozen=True, rename="kebab"):
    amount: _U64
    asset_id: int
    is_frozen: bool


class _Held(msgspec.Struct, frozen=True, rename="kebab"):
    asset_holding: _Holding
    round: int


class _Decimals(msgspec.Struct, frozen=True):
    decimals: Annotated[int, msgspec.Meta(ge=0, le=19)]


class _Asset(msgspec.Struct, frozen=True):
    params: _Decimals


class _OtherRound(Exception):
    """An answer is of another round than the others."""


class AlgorandAdapter(Native):
    """One configured Algorand network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest round, recorded with every reading; transactions since a round by a provider that serves "
        "an indexer below idx2/ beside algod"
    )
    keys_per_shard: ClassVar[int | None] = 64

    def parse_address(self, text: str) -> Address:
        return Address(algorand.encode(algorand.decode(text)))

    def parse_instrument(self, text: str) -> Instrument:
        if text.startswith(ASSET):
            if not _ASSET_ID.fullmatch(text.removeprefix(ASSET)):
                raise BadAddress("an asset of this network is asa:<number>")
            return Instrument(text)
        return super().parse_instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        genesis = shape(_Versions, await rpc.call("GET versions"), "versions").genesis_hash_b64
        serves = _NAMESPACE + genesis.replace("+", "-").replace("/", "_")[:_REFERENCE_LETTERS]
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        newest = await _newest(rpc)
        header = shape(_Block, await rpc.call(f"GET v2/blocks/{newest.height}", {"header-only": True}), "block").block
        if header.rnd != newest.height:
            raise Malformed(f"asked for round {newest.height}, got {header.rnd}")
        return BlockRef(newest.height, newest.hash, utc(header.ts * SECOND, "block"))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        answer = await rpc.call(f"GET v2/assets/{instrument.removeprefix(ASSET)}")
        return shape(_Asset, answer, "asset").params.decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        served, found = await steady(partial(_newest, rpc), partial(_read, rpc, keys), not_before=block)
        return readings(served, keys, found)

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        return await flows.flows(rpc, self._spec.native, ASSET, since=since, until=until, keys=keys)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        return await indexer.height_at(rpc, await self.final_block(rpc), time)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """A rekeyed account obeys another one's key. Each answer is of the newest round or of a later one."""
        served = await reached(partial(self.final_block, rpc), not_before=block)
        calls: list[Call] = [(f"GET v2/accounts/{address}", {"exclude": "all"}) for address in addresses]
        answers = await rpc.batch(calls) if calls else []
        found = zip(addresses, answers, strict=True)
        return controls(served, [outcome(said, partial(_authority, served, address)) for address, said in found])


def _authority(served: BlockRef, address: Address, answer: Json) -> tuple[Authority, ...]:
    account = shape(_Control, answer, "account")
    if account.address != address or account.round < served.height:
        raise Malformed("account: another address, or an earlier round")
    if not account.auth_addr:
        return (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(address)),)),)
    try:
        rekeyed = Address(algorand.encode(algorand.decode(account.auth_addr)))
    except BadAddress as error:
        raise Malformed(f"auth-addr: {error}") from None
    return (Authority(ControlKind.AUTHENTICATION_KEY, 1, (Weighted(by_address(rekeyed)),), "auth-addr"),)


async def _read(rpc: Rpc, keys: Sequence[BalanceKey], block: BlockRef) -> dict[BalanceKey, Outcome] | None:
    try:
        return await ask_each(rpc, keys, _ask, partial(_held, block.height))
    except _OtherRound:
        return None


def _ask(key: BalanceKey) -> Call:
    if key.instrument.startswith(ASSET):
        return f"GET v2/accounts/{key.address}/assets/{key.instrument.removeprefix(ASSET)}", {}
    return f"GET v2/accounts/{key.address}", {"exclude": "all"}


def _held(at: int, key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    asset = key.instrument.removeprefix(ASSET) if key.instrument.startswith(ASSET) else None
    if asset and isinstance(answer, RpcFault) and answer.code == 404 and answer.message == _NOT_HELD:
        return Held(0)

    def read(answer: Json) -> Held:
        if asset is None:
            account = shape(_Account, answer, "account")
            if account.address != key.address:
                raise Malformed("account: another address")
            amount, locked, served = account.amount, {}, account.round
        else:
            held = shape(_Held, answer, "asset holding")
            holding, served = held.asset_holding, held.round
            if str(holding.asset_id) != asset:
                raise Malformed("asset holding: another asset")
            frozen = {Liquidity.LOCKED: holding.amount} if holding.is_frozen else {}
            amount, locked = (0 if holding.is_frozen else holding.amount), frozen
        if served != at:
            raise _OtherRound
        return Held(amount, locked)

    return outcome(answer, read)


async def _newest(rpc: Rpc) -> BlockRef:
    """A round is final as soon as the node has it."""
    height = shape(_Status, await rpc.call("GET v2/status"), "status").last_round
    found = shape(_Hash, await rpc.call(f"GET v2/blocks/{height}/hash"), "block hash")
    return BlockRef(height, found.block_hash)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for options, or an id without the 32 characters of a genesis hash."""
    msgspec.convert(spec.options, NoOptions)
    if not spec.id.startswith(_NAMESPACE) or len(spec.id) != len(_NAMESPACE) + _REFERENCE_LETTERS:
        raise msgspec.ValidationError(f"an Algorand network is {_NAMESPACE}<32 characters of its genesis hash>")
    return AlgorandAdapter(spec)
