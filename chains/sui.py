"""Sui by its GraphQL service: balances as of any checkpoint the provider still keeps, many addresses a request.

A checkpoint is final when certified. Coins of one type that an address owns are summed by the service; what is staked
is an object of its own and in no balance. Answers are data beside errors, with status 200: an error is never a zero.
Shapes and limits: https://docs.sui.io/references/sui-graphql (Query.checkpoint, multiGetAddresses, Address.balance,
coinMetadata, serviceConfig.maxQueryPayloadSize 5,000 bytes, variables included).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, digits, outcome, readings, rfc3339, shape
from chains.codec import move
from chains.errors import Malformed, Pruned, Reorged, RpcFault, WrongChain
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Instrument, Pinning, Readings

COIN = "coin:"
_NATIVE_TYPE = move.type_name("0x2::sui::SUI")
_OWNERS = "multiGetAddresses"
KEYS_MAX = 40
"""Addresses in one request: its query, with their 105 bytes each, must stay below 5,000 bytes."""
_GONE = ("available range", "checkpoint", "pruned")
_CHAIN = "{ chainIdentifier }"
_CHECKPOINT = "query($at: UInt53) { checkpoint(sequenceNumber: $at) { sequenceNumber digest timestamp } }"
_BALANCES = (
    "query($keys: [AddressKey!]!, $type: String!) "
    "{ multiGetAddresses(keys: $keys) { address balance(coinType: $type) { totalBalance } } }"
)
_METADATA = "query($type: String!) { coinMetadata(coinType: $type) { decimals } }"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``identifiers``: the digest of the first checkpoint as services state it, whole or its first four bytes."""

    identifiers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Checkpoint(msgspec.Struct, frozen=True, rename="camel"):
    sequence_number: Annotated[int, msgspec.Meta(ge=0)]
    digest: str
    timestamp: str


class _Balance(msgspec.Struct, frozen=True, rename="camel"):
    total_balance: str


class _Owner(msgspec.Struct, frozen=True):
    address: str
    balance: _Balance


class SuiAdapter:
    """One configured Sui network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = "any checkpoint within the provider's retention (serviceConfig.availableRange)"
    keys_per_shard: ClassVar[int | None] = KEYS_MAX * 25

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec = spec
        self._options = options

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        return Address(move.canonical(text))

    def parse_instrument(self, text: str) -> Instrument:
        if text.startswith(COIN):
            return Instrument(COIN + move.type_name(text.removeprefix(COIN)))
        return self._spec.parse_native(text)

    async def check_chain(self, rpc: Rpc) -> None:
        found = _data(await rpc.call(*_call(_CHAIN)), "chainIdentifier")
        if found not in self._options.identifiers:
            raise WrongChain(f"{rpc.provider} serves {found}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _checkpoint(rpc, None)

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_checkpoint, rpc), await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return self._spec.native_decimals
        match _data(await rpc.call(*_call(_METADATA, type=_type(self._spec, instrument))), "coinMetadata"):
            case {"decimals": int(decimals)}:
                return decimals
        raise RpcFault(0, f"{instrument} states no decimals")

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        now = await _checkpoint(rpc, block.height)
        if now.hash != block.hash:
            raise Reorged(f"checkpoint {block.height} was {block.hash}, is {now.hash}")
        parts = [part for of_one in _by_instrument(keys).values() for part in _pieces(of_one, KEYS_MAX)]
        found: dict[BalanceKey, Outcome] = {}
        while parts:
            answers = await rpc.batch([self._ask(block, part) for part in parts])
            halves: list[Sequence[BalanceKey]] = []
            for part, answer in zip(parts, answers, strict=True):
                owners = outcome(answer, partial(_owners, len(part)))
                if isinstance(owners, list):
                    found |= {key: outcome(one, partial(_held, key)) for key, one in zip(part, owners, strict=True)}
                elif len(part) == 1 or isinstance(owners, Pruned):
                    found |= dict.fromkeys(part, owners)
                else:  # the trouble of one address refuses them all
                    halves += _pieces(part, (len(part) + 1) // 2)
            parts = halves
        return readings(block, keys, found)

    def _ask(self, block: BlockRef, keys: Sequence[BalanceKey]) -> Call:
        asked = [{"address": key.address, "atCheckpoint": block.height} for key in keys]
        return _call(_BALANCES, keys=asked, type=_type(self._spec, keys[0].instrument))


def _type(spec: ChainSpec, instrument: Instrument) -> str:
    return _NATIVE_TYPE if instrument == spec.native else instrument.removeprefix(COIN)


def _by_instrument(keys: Sequence[BalanceKey]) -> dict[Instrument, list[BalanceKey]]:
    found: dict[Instrument, list[BalanceKey]] = {}
    for key in dict.fromkeys(keys):
        found.setdefault(key.instrument, []).append(key)
    return found


def _pieces(keys: Sequence[BalanceKey], size: int) -> list[Sequence[BalanceKey]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _owners(count: int, answer: Json) -> list[Any]:
    owners = shape(list[Any], _data(answer, _OWNERS), _OWNERS)
    if len(owners) != count:
        raise Malformed(f"{_OWNERS}: {len(owners)} answers to {count} keys")
    return owners


def _held(key: BalanceKey, answer: Json) -> Held:
    owner = shape(_Owner, answer, "balance")
    if owner.address != key.address:
        raise Malformed("balance: of another address")
    return Held(digits(owner.balance.total_balance, "totalBalance"))


def _call(query: str, **variables: object) -> Call:
    return "POST ", {"query": query, "variables": variables}


class _Said(msgspec.Struct, frozen=True):
    message: str


class _Graph(msgspec.Struct, frozen=True):
    data: dict[str, Any] | None = None
    errors: list[_Said] = []


def _data(answer: Json, name: str) -> Json:
    """One field of a GraphQL answer without errors. Raises Pruned, RpcFault, Malformed."""
    graph = shape(_Graph, answer, name)
    if graph.errors:
        message = graph.errors[0].message
        gone = any(words in message.lower() for words in _GONE)
        raise Pruned(0, message) if gone else RpcFault(0, message)
    if graph.data is None or name not in graph.data:
        raise Malformed(f"{name}: neither data nor errors")
    field: Json = graph.data[name]
    return field


async def _checkpoint(rpc: Rpc, height: int | None) -> BlockRef:
    """One checkpoint; the newest where no height is named."""
    asked = {} if height is None else {"at": height}
    found = _data(await rpc.call(*_call(_CHECKPOINT, **asked)), "checkpoint")
    if found is None:
        raise Pruned(0, f"the provider has no checkpoint {height}")
    checkpoint = shape(_Checkpoint, found, "checkpoint")
    if height not in (None, checkpoint.sequence_number):
        raise Malformed(f"asked for checkpoint {height}, got {checkpoint.sequence_number}")
    return BlockRef(checkpoint.sequence_number, checkpoint.digest, rfc3339(checkpoint.timestamp, "checkpoint"))


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return SuiAdapter(spec, msgspec.convert(spec.options, Options))
