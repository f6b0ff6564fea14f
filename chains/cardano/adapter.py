"""Cardano by Koios, or Blockfrost in its words: what the unspent outputs of addresses hold at its newest block.

A node itself can be asked for the last 2,160 blocks only, and not by address without an index, so an index is asked.
Koios leaves out addresses that never were in any transaction: zero, as long as far fewer are asked at a time than the
1,000 rows after which it cuts an answer. Delegated ada is as free as any; rewards are in no balance. Native assets are
in the same outputs, and in the same answer.
Shapes: https://api.koios.rest (tip, genesis, address_info), whose /api/v1 is part of the provider's URL; that unknown
addresses are left out: koios-artifacts, files/grest/rpc/address/address_info.sql.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import SECOND, Held, Outcome, digits, outcome, readings, shape, utc
from chains.cardano import assets, flows
from chains.codec import cardano
from chains.errors import Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.spec import ChainSpec, NoOptions
from chains.steady import steady
from chains.types import Address, BalanceKey, BlockRef, Flows, Instrument, Pinning, Readings

_NAMESPACE = "cip34:1-"
KEYS_MAX = 40
"""Addresses in one request: of 103 letters each they fit in 5 kilobytes, the least any tier of Koios takes."""


class _Genesis(msgspec.Struct, frozen=True):
    networkmagic: str


class _Tip(msgspec.Struct, frozen=True):
    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    block_time: int
    block_height: int | None = None
    block_no: int | None = None  # its name before version 1.3


class _Info(msgspec.Struct, frozen=True):
    address: str
    balance: str
    utxo_set: Any = None


class CardanoAdapter(Native):
    """One configured Cardano network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest block of the index, recorded with every reading; transactions in between can be followed"
    )
    index: ClassVar[str] = "Koios or Blockfrost"
    keys_per_shard: ClassVar[int | None] = 5 * KEYS_MAX

    def parse_address(self, text: str) -> Address:
        return Address(cardano.canonical(text))

    def parse_instrument(self, text: str) -> Instrument:
        return assets.parse(text) if text.startswith(assets.PREFIX) else super().parse_instrument(text)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument.startswith(assets.PREFIX):
            raise RpcFault(0, "a native asset has decimals in a registry only, which is no part of the chain")
        return await super().decimals(rpc, block, instrument)

    async def check_chain(self, rpc: Rpc) -> None:
        found = shape(list[_Genesis], await rpc.call("GET genesis"), "genesis")
        serves = _NAMESPACE + found[0].networkmagic if found else "nothing"
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _tip(rpc)

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        distinct = list(dict.fromkeys(keys))
        served, found = await steady(partial(_tip, rpc), partial(_read, rpc, distinct), not_before=block)
        return readings(served, keys, found)

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        return await flows.flows(rpc, since=since, until=until, keys=keys)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        return await flows.height_at(rpc, await self.final_block(rpc), time)


async def _read(rpc: Rpc, keys: Sequence[BalanceKey], _: BlockRef) -> dict[BalanceKey, Outcome]:
    addresses = list(dict.fromkeys(key.address for key in keys))
    parts = [addresses[start : start + KEYS_MAX] for start in range(0, len(addresses), KEYS_MAX)]
    found: dict[Address, _Info | RpcFault] = {}
    while parts:
        calls: list[Call] = [("POST address_info", {"_addresses": part}) for part in parts]
        halves: list[list[Address]] = []
        for part, answer in zip(parts, await rpc.batch(calls), strict=True):
            if not isinstance(answer, RpcFault):
                found |= _infos(part, answer)
            elif len(part) == 1:
                found[part[0]] = answer
            else:  # one address may have spoiled it for the others
                halves += [part[: len(part) // 2], part[len(part) // 2 :]]
        parts = halves
    return {key: _held(key, found.get(key.address)) for key in keys}


def _infos(addresses: Sequence[Address], answer: Json) -> dict[Address, _Info]:
    infos = shape(list[_Info], answer, "address_info")
    found = {Address(info.address): info for info in infos}
    if len(found) != len(infos) or not found.keys() <= set(addresses):
        raise Malformed("address_info: an address that was not asked, or one twice")
    return found


def _held(key: BalanceKey, info: _Info | RpcFault | None) -> Outcome:
    if info is None:
        return Held(0)
    if isinstance(info, RpcFault):
        return info
    if key.instrument.startswith(assets.PREFIX):
        return outcome(info.utxo_set, partial(assets.held, key.instrument, info.balance))
    return outcome(info.balance, lambda text: Held(digits(text, "balance")))


async def _tip(rpc: Rpc) -> BlockRef:
    tips = shape(list[_Tip], await rpc.call("GET tip"), "tip")
    heights = [tip.block_no if tip.block_height is None else tip.block_height for tip in tips]
    if not heights or (height := heights[0]) is None:
        raise Malformed("tip: no block")
    return BlockRef(height, tips[0].hash, utc(tips[0].block_time * SECOND, "tip"))


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for options, or an id that is not ``cip34:1-<network magic>``."""
    msgspec.convert(spec.options, NoOptions)
    if not spec.id.startswith(_NAMESPACE) or not spec.id.removeprefix(_NAMESPACE).isdigit():
        raise msgspec.ValidationError(f"a main network of family cardano is {_NAMESPACE}<magic>, not {spec.id!r}")
    return CardanoAdapter(spec)
