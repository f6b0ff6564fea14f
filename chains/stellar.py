"""Stellar by its RPC: the ledger entry of each account, as of the newest ledger only.

Entries that do not exist are left out of the answer: zero, since what is no account holds no lumens, but only among
answers that state the ledger they are of. A balance includes the reserve; claimable balances belong to no account.
Shapes: https://developers.stellar.org/docs/data/apis/rpc (getLedgerEntries, at most 200 keys; getLatestLedger,
getLedgers, getNetwork). Entries are XDR: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from struct import Struct
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Rpc
from chains.answers import SECOND, Held, Outcome, digits, outcome, readings, shape, utc
from chains.codec import strkey
from chains.errors import Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.spec import ChainSpec
from chains.steady import steady
from chains.types import Address, BalanceKey, BlockRef, Pinning, Readings

KEYS_MAX = 200
_KEY = Struct(">ii32s")  # LedgerKey of an account: entry type 0, key type 0, the key
_ACCOUNT = Struct(">ii32sq")  # the beginning of its entry: the same, and the balance
_NONE = 0


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


class _Entry(msgspec.Struct, frozen=True):
    key: str
    xdr: str


class _Entries(msgspec.Struct, frozen=True, rename="camel"):
    latest_ledger: int
    entries: list[_Entry] | None = None


class StellarAdapter(Native):
    """One configured Stellar network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = "only now: the newest closed ledger, recorded with every reading"
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
        distinct = list(dict.fromkeys(keys))
        served, found = await steady(partial(_newest, rpc), partial(_read, rpc, distinct), not_before=block)
        return readings(served, keys, found)


async def _read(rpc: Rpc, keys: Sequence[BalanceKey], block: BlockRef) -> dict[BalanceKey, Outcome] | None:
    """Every key as of ``block``; None where an answer is of another ledger."""
    parts = [keys[start : start + KEYS_MAX] for start in range(0, len(keys), KEYS_MAX)]
    calls: list[Call] = [("getLedgerEntries", {"keys": [_ledger_key(key) for key in part]}) for part in parts]
    found: dict[BalanceKey, Outcome] = {}
    for part, answer in zip(parts, await rpc.batch(calls) if calls else [], strict=True):
        if isinstance(answer, RpcFault):
            raise answer
        entries = shape(_Entries, answer, "getLedgerEntries")
        if entries.latest_ledger != block.height:
            return None
        held = {entry.key: entry.xdr for entry in entries.entries or []}
        if not held.keys() <= {_ledger_key(key) for key in part}:
            raise Malformed("getLedgerEntries: an entry that was not asked")
        for key in part:
            found[key] = outcome(held.get(_ledger_key(key)), partial(_held, key))
    return found


def _ledger_key(key: BalanceKey) -> str:
    return base64.b64encode(_KEY.pack(_NONE, _NONE, strkey.decode(key.address))).decode()


def _held(key: BalanceKey, xdr: object) -> Held:
    """The balance in the entry of an account; the node left out an entry that does not exist."""
    if xdr is None:
        return Held(0)
    try:
        raw = base64.b64decode(str(xdr), validate=True)
    except binascii.Error:
        raise Malformed("an entry that is not base64") from None
    if len(raw) < _ACCOUNT.size:
        raise Malformed("an entry that breaks off")
    kind, key_kind, owner, balance = _ACCOUNT.unpack_from(raw)
    if (kind, key_kind, owner) != (_NONE, _NONE, strkey.decode(key.address)) or balance < 0:
        raise Malformed("not the entry of this account")
    return Held(balance)


async def _newest(rpc: Rpc) -> BlockRef:
    latest = shape(_Latest, await rpc.call("getLatestLedger"), "getLatestLedger")
    return BlockRef(latest.sequence, latest.id)


async def _with_time(rpc: Rpc, block: BlockRef) -> BlockRef:
    asked = {"startLedger": block.height, "pagination": {"limit": 1}}
    (ledger, *_) = shape(_Ledgers, await rpc.call("getLedgers", asked), "getLedgers").ledgers
    if (ledger.sequence, ledger.hash) != (block.height, block.hash):
        raise Malformed(f"getLedgers: {ledger.sequence} {ledger.hash}, not {block.height} {block.hash}")
    time = utc(digits(ledger.ledger_close_time, "ledgerCloseTime") * SECOND, "ledgerCloseTime")
    return BlockRef(block.height, block.hash, time)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return StellarAdapter(spec, msgspec.convert(spec.options, Options))
