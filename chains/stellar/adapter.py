"""Stellar by its RPC: the ledger entry of each account or trust line, as of the newest ledger only.

Entries that do not exist are left out of the answer: zero, since what is no account holds no lumens, but only among
answers that state the ledger they are of. A balance includes the reserve; claimable balances belong to no account.
Shapes: https://developers.stellar.org/docs/data/apis/rpc (getLedgerEntries, at most 200 keys; getLatestLedger,
getLedgers, getNetwork, getHealth). Entries are XDR: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import SECOND, Held, controls, digits, flows, outcome, readings, shape, utc
from chains.codec import strkey
from chains.controllers import Controls
from chains.errors import Malformed, Pruned, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find, only_now
from chains.spec import ChainSpec
from chains.steady import steady
from chains.stellar import events, trust
from chains.stellar.entry import account_key, authorities, held
from chains.stellar.scval import native_contract
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Instrument, Pinning, Readings, Reason

KEYS_MAX = 200


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

    def parse_instrument(self, text: str) -> Instrument:
        return trust.parse(text).instrument if text.startswith(trust.PREFIX) else super().parse_instrument(text)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        native = instrument == self._spec.native
        return await super().decimals(rpc, block, instrument) if native else trust.DECIMALS

    async def check_chain(self, rpc: Rpc) -> None:
        passphrase = shape(_Network, await rpc.call("getNetwork"), "getNetwork").passphrase
        if passphrase != self._options.passphrase:
            raise WrongChain(f"{rpc.provider} serves {passphrase!r}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _with_time(rpc, await _newest(rpc))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        named = {key: self._entry(key) for key in keys}
        asked = [name for name in dict.fromkeys(named.values()) if name]
        served, entries = await steady(partial(_newest, rpc), partial(_entries, rpc, asked), not_before=block)
        found = {key: outcome(entries.get(name), partial(self._held, key)) for key, name in named.items()}
        return readings(served, keys, found)

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """Of lumens: offers make issued assets free or locked without an event."""
        lumens = [key for key in dict.fromkeys(keys) if key.instrument == self._spec.native]
        contract = native_contract(self._options.passphrase)
        moved = await events.changes(rpc, contract, [key.address for key in lumens], since=since, until=until.height)
        unread = Failure(Reason.UNSUPPORTED, "transfers of issued assets are not followed")
        found: dict[BalanceKey, int | Failure] = dict.fromkeys(keys, unread)
        return flows(since, until, keys, found | {key: moved[key.address] for key in lumens})

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        oldest = shape(_Health, await rpc.call("getHealth"), "getHealth").oldest_ledger

        async def at(height: int) -> BlockRef:
            if height < oldest:
                raise Pruned(0, f"{rpc.provider} keeps ledgers from {oldest} on")
            return await _ledger(rpc, height)

        return (await find(at, await self.final_block(rpc), height=None, time=time)).height

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The key an address is may have lost its weight, and others may have some."""
        named = {address: _shown(account_key(address)) for address in addresses}
        newest, read = partial(self.final_block, rpc), partial(_entries, rpc, list(named.values()))
        served, entries = await steady(newest, read, not_before=block)
        found = [outcome(entries.get(named[address]), partial(authorities, address)) for address in addresses]
        return controls(served, found)

    def _entry(self, key: BalanceKey) -> str:
        """What names the entry that answers a key; nothing does for an issuer, who holds none of what it issued."""
        if key.instrument == self._spec.native:
            return _shown(account_key(key.address))
        asset = trust.parse(key.instrument)
        return "" if key.address == asset.issuer else _shown(trust.line_key(key.address, asset))

    def _held(self, key: BalanceKey, xdr: Json) -> Held:
        if key.instrument == self._spec.native:
            return held(key.address, xdr)
        return trust.held(key.address, trust.parse(key.instrument), xdr)


async def _entries(rpc: Rpc, asked: Sequence[str], block: BlockRef) -> Mapping[str, str] | None:
    """The entries as of ``block``, by what names them, but for those that do not exist; None from another ledger."""
    parts = [asked[start : start + KEYS_MAX] for start in range(0, len(asked), KEYS_MAX)]
    calls: list[Call] = [("getLedgerEntries", {"keys": part}) for part in parts]
    found: dict[str, str] = {}
    for part, answer in zip(parts, await rpc.batch(calls) if calls else [], strict=True):
        if isinstance(answer, RpcFault):
            raise answer
        entries = shape(_Entries, answer, "getLedgerEntries")
        if entries.latest_ledger != block.height:
            return None
        named = {entry.key: entry.xdr for entry in entries.entries or []}
        if not named.keys() <= set(part):
            raise Malformed("getLedgerEntries: an entry that was not asked")
        found |= named
    return found


def _shown(key: bytes) -> str:
    return base64.b64encode(key).decode()


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
