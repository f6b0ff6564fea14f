"""Stellar by its RPC: the ledger entry of each account, as of the newest ledger only.

Entries that do not exist are left out of the answer: zero, since what is no account holds no lumens, but only among
answers that state the ledger they are of. A balance includes the reserve; claimable balances belong to no account.
Shapes: https://developers.stellar.org/docs/data/apis/rpc (getLedgerEntries, at most 200 keys; getLatestLedger,
getLedgers, getNetwork, getHealth). Entries are XDR: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from struct import Struct
from typing import Annotated, ClassVar, TypeVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import SECOND, controls, digits, outcome, readings, shape, utc
from chains.codec import strkey
from chains.controllers import Controls
from chains.errors import Malformed, Pruned, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find, only_now
from chains.spec import ChainSpec
from chains.steady import steady
from chains.stellar import events
from chains.stellar.entry import authorities, held
from chains.stellar.scval import native_contract
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Pinning, Readings

KEYS_MAX = 200
_KEY = Struct(">ii32s")  # LedgerKey of an account: entry type 0, key type 0, the key
_NONE = 0
T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``passphrase`` is what a Stellar network calls itself."""

    passphrase: str


class _Network(msgspec.Struct, frozen=True):
    passphrase: str


class _Latest(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    sequence: Annotated[int, msgspec.Meta(ge=1)]


class _Ledger(msgspec.Struct, frozen=True, rename="camel"):
    hash: str
    sequence: int
    ledger_close_time: str


class _Ledgers(msgspec.Struct, frozen=True):
    ledgers: Annotated[list[_Ledger], msgspec.Meta(min_length=1)]


class _Health(msgspec.Struct, frozen=True, rename="camel"):
    oldest_ledger: int


class _Entry(msgspec.Struct, frozen=True):
    key: str
    xdr: str


class _Entries(msgspec.Struct, frozen=True, rename="camel"):
    latest_ledger: int
    entries: list[_Entry] | None = None


class StellarAdapter(Native):
    """One configured Stellar network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest closed ledger, recorded with every reading; payments and fees since a ledger by a node "
        "that keeps events so long and emits those of classic payments (EMIT_CLASSIC_EVENTS)"
    )
    keys_per_shard: ClassVar[int | None] = KEYS_MAX

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options

    def parse_address(self, text: str) -> Address:
        return Address(strkey.encode(strkey.decode(text)))

    async def check_chain(self, rpc: Rpc) -> None:
        passphrase = shape(_Network, await rpc.call("getNetwork"), "getNetwork").passphrase
        if passphrase != self._options.passphrase:
            raise WrongChain(f"{rpc.provider} serves {passphrase!r}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _with_time(rpc, await _newest(rpc))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        addresses = list(dict.fromkeys(key.address for key in keys))
        served, found = await steady(partial(_newest, rpc), partial(_read, rpc, addresses, held), not_before=block)
        return readings(served, keys, {key: found[key.address] for key in keys})

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        contract = native_contract(self._options.passphrase)
        return await events.flows(rpc, contract, since=since, until=until, keys=keys)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        oldest = shape(_Health, await rpc.call("getHealth"), "getHealth").oldest_ledger

        async def at(height: int) -> BlockRef:
            if height < oldest:
                raise Pruned(0, f"{rpc.provider} keeps ledgers from {oldest} on")
            return await _ledger(rpc, height)

        return (await find(at, await self.final_block(rpc), height=None, time=time)).height

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The key an address is may have lost its weight, and others may have some."""
        asked = list(dict.fromkeys(addresses))
        newest, read = partial(self.final_block, rpc), partial(_read, rpc, asked, authorities)
        served, found = await steady(newest, read, not_before=block)
        return controls(served, [found[address] for address in addresses])


async def _read(
    rpc: Rpc, addresses: Sequence[Address], read: Callable[[Address, Json], T | Failure], block: BlockRef
) -> dict[Address, T | Failure | RpcFault] | None:
    """The entry of every account as of ``block``; None where an answer is of another ledger."""
    parts = [addresses[start : start + KEYS_MAX] for start in range(0, len(addresses), KEYS_MAX)]
    calls: list[Call] = [("getLedgerEntries", {"keys": [_ledger_key(one) for one in part]}) for part in parts]
    found: dict[Address, T | Failure | RpcFault] = {}
    for part, answer in zip(parts, await rpc.batch(calls) if calls else [], strict=True):
        if isinstance(answer, RpcFault):
            raise answer
        entries = shape(_Entries, answer, "getLedgerEntries")
        if entries.latest_ledger != block.height:
            return None
        entries_of = {entry.key: entry.xdr for entry in entries.entries or []}
        if not entries_of.keys() <= {_ledger_key(one) for one in part}:
            raise Malformed("getLedgerEntries: an entry that was not asked")
        for one in part:
            found[one] = outcome(entries_of.get(_ledger_key(one)), partial(read, one))
    return found


def _ledger_key(address: Address) -> str:
    return base64.b64encode(_KEY.pack(_NONE, _NONE, strkey.decode(address))).decode()


async def _newest(rpc: Rpc) -> BlockRef:
    latest = shape(_Latest, await rpc.call("getLatestLedger"), "getLatestLedger")
    return BlockRef(latest.sequence, latest.id)


async def _with_time(rpc: Rpc, block: BlockRef) -> BlockRef:
    found = await _ledger(rpc, block.height)
    if found.hash != block.hash:
        raise Malformed(f"getLedgers: {block.height} is {found.hash}, not {block.hash}")
    return found


async def _ledger(rpc: Rpc, height: int) -> BlockRef:
    asked = {"startLedger": height, "pagination": {"limit": 1}}
    (ledger, *_) = shape(_Ledgers, await rpc.call("getLedgers", asked), "getLedgers").ledgers
    if ledger.sequence != height:
        raise Malformed(f"getLedgers: {ledger.sequence}, not {height}")
    time = utc(digits(ledger.ledger_close_time, "ledgerCloseTime") * SECOND, "ledgerCloseTime")
    return BlockRef(height, ledger.hash, time)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return StellarAdapter(spec, msgspec.convert(spec.options, Options))
