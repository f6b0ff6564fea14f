"""Aptos: any version that the node still keeps; coins together with their paired fungible asset.

``/accounts/{a}/balance/{asset}`` adds the coin store and the primary fungible store, the two places where one asset may
lie. Secondary fungible stores are objects of their own and belong to no balance; stake in pools neither.
A block is named by its height; its last version is what is read. A version outside the node's window answers 410.
Shapes: https://aptos.dev/rest-api (Aptos Node API), whose /v1 is part of the provider's URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar, TypeAlias

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, ask_each, authority, controls, digits, outcome, readings, shape, utc
from chains.codec import move
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import BadAddress, Malformed, Reorged, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find
from chains.spec import ChainSpec, NoOptions
from chains.types import Address, BalanceKey, BlockRef, Failure, Instrument, Pinning, Readings, Reason

_NAMESPACE = "aptos:"
COIN, ASSET = "coin:", "fa:"
_NATIVE_TYPE = "0x1::aptos_coin::AptosCoin"
_MULTISIG = "0x1::multisig_account::MultisigAccount"
_ABSENT = frozenset({"resource_not_found", "account_not_found"})
_U64_END = 2**64
Said: TypeAlias = "tuple[Authority, ...] | Failure | RpcFault"


class _Ledger(msgspec.Struct, frozen=True):
    chain_id: int
    block_height: str


class _Block(msgspec.Struct, frozen=True):
    block_height: str
    block_hash: Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]
    block_timestamp: str  # microseconds
    last_version: str

    @property
    def ref(self) -> BlockRef:
        time = utc(digits(self.block_timestamp, "block_timestamp"), "block_timestamp")
        return BlockRef(digits(self.block_height, "block_height"), self.block_hash, time)


class _Decimals(msgspec.Struct, frozen=True):
    decimals: Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Resource(msgspec.Struct, frozen=True):
    data: _Decimals


class AptosAdapter(Native):
    """One configured Aptos network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = (
        "any block whose versions the node has not pruned (by default it keeps hours to days); an archive node for all"
    )
    keys_per_shard: ClassVar[int | None] = 1000

    def parse_address(self, text: str) -> Address:
        return Address(move.canonical(text))

    def parse_instrument(self, text: str) -> Instrument:
        if text.startswith(COIN):
            return Instrument(COIN + move.type_name(text.removeprefix(COIN)))
        if text.startswith(ASSET):
            return Instrument(ASSET + move.canonical(text.removeprefix(ASSET)))
        return super().parse_instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        serves = f"{_NAMESPACE}{(await _newest(rpc)).chain_id}"
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _at(rpc, digits((await _newest(rpc)).block_height, "block_height"))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_at, rpc), await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        version = await _version(rpc, block)
        if instrument.startswith(COIN):
            coin = instrument.removeprefix(COIN)
            home, kind = coin.partition("::")[0], f"0x1::coin::CoinInfo<{coin}>"
        else:
            home, kind = instrument.removeprefix(ASSET), "0x1::fungible_asset::Metadata"
        answer = await rpc.call(f"GET accounts/{home}/resource/{kind}", {"ledger_version": version})
        return shape(_Resource, answer, kind).data.decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        version = await _version(rpc, block)

        def ask(key: BalanceKey) -> Call:
            asset = key.instrument.removeprefix(COIN).removeprefix(ASSET)
            asset = _NATIVE_TYPE if key.instrument == self._spec.native else asset
            return f"GET accounts/{key.address}/balance/{asset}", {"ledger_version": version}

        return readings(block, keys, await ask_each(rpc, keys, ask, _held))

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """Keys rotate: who signs for an address has its authentication key, not the one the address came from. Where
        that is zero, a multisig account names its owners.
        """
        asked = {"ledger_version": await _version(rpc, block)}
        calls: list[Call] = [(f"GET accounts/{address}", asked) for address in addresses]
        found = [_authority(answer) for answer in await rpc.batch(calls)] if calls else []
        keyless = [at for at, each in enumerate(found) if each is None]
        shared: list[Call] = [(f"GET accounts/{addresses[at]}/resource/{_MULTISIG}", asked) for at in keyless]
        answers = dict(zip(keyless, await rpc.batch(shared), strict=True)) if shared else {}
        return controls(block, [_multisig(answers[at]) if each is None else each for at, each in enumerate(found)])


class _Account(msgspec.Struct, frozen=True):
    authentication_key: Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]


class _Owners(msgspec.Struct, frozen=True):
    owners: list[str]
    num_signatures_required: str


class _Multisig(msgspec.Struct, frozen=True):
    data: _Owners


def _authority(answer: Json | RpcFault) -> Said | None:
    """The key that was rotated to last; an address that is its own key says so like any other. None for no key."""
    match answer:
        case RpcFault(code=404, data={"error_code": str(name)}) if name in _ABSENT:
            return Failure(Reason.NO_CODE, "no such account: no transaction of it can have named a key")

    def read(answer: Json) -> Said | None:
        key = shape(_Account, answer, "account").authentication_key
        if int(key, 16) == 0:
            return None
        return (Authority(ControlKind.AUTHENTICATION_KEY, 1, (Weighted(by_address(Address(key))),)),)

    return outcome(answer, read)


def _multisig(answer: Json | RpcFault) -> Said:
    match answer:
        case RpcFault(code=404, data={"error_code": str(name)}) if name in _ABSENT:
            return Failure(Reason.UNSUPPORTED, "no key controls it: a resource or object account")

    def read(answer: Json) -> Said:
        data = shape(_Multisig, answer, "multisig account").data
        try:
            owners = [Weighted(by_address(Address(move.canonical(owner)))) for owner in data.owners]
        except BadAddress as error:
            raise Malformed(f"multisig account: {error}") from None
        threshold = digits(data.num_signatures_required, "num_signatures_required")
        return (authority(ControlKind.MULTISIG, threshold, owners, "0x1::multisig_account"),)

    return outcome(answer, read)


def _held(key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    """A bare number. Nodes that answer 404 name what is not there: the account or its store, at that version."""
    match answer:
        case RpcFault(code=404, data={"error_code": str(name)}) if name in _ABSENT:
            return Held(0)

    def read(answer: Json) -> Held:
        if type(answer) is not int or not 0 <= answer < _U64_END:
            raise Malformed("balance: no unsigned number")
        return Held(answer)

    return outcome(answer, read)


async def _newest(rpc: Rpc) -> _Ledger:
    return shape(_Ledger, await rpc.call("GET "), "ledger information")


async def _block(rpc: Rpc, height: int) -> _Block:
    block = shape(_Block, await rpc.call(f"GET blocks/by_height/{height}"), "block")
    if block.block_height != str(height):
        raise Malformed(f"asked for block {height}, got {block.block_height}")
    return block


async def _at(rpc: Rpc, height: int) -> BlockRef:
    return (await _block(rpc, height)).ref


async def _version(rpc: Rpc, block: BlockRef) -> int:
    """The last version of a pinned block. Raises Reorged."""
    found = await _block(rpc, block.height)
    if found.block_hash != block.hash:
        raise Reorged(f"block {block.height} was {block.hash}, is {found.block_hash}")
    return digits(found.last_version, "last_version")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for options, of which there are none, or an id that is not ``aptos:<number>``."""
    msgspec.convert(spec.options, NoOptions)
    if not spec.id.startswith(_NAMESPACE) or not spec.id.removeprefix(_NAMESPACE).isdigit():
        raise msgspec.ValidationError(f"a network of family aptos is named aptos:<chain id>, not {spec.id!r}")
    return AptosAdapter(spec)
