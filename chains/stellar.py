"""Stellar by its RPC: the ledger entry of each account, as of the newest ledger only.

Entries that do not exist are left out of the answer: zero, since what is no account holds no lumens, but only among
answers that state the ledger they are of. A balance includes the reserve; claimable balances belong to no account.
Shapes: https://developers.stellar.org/docs/data/apis/rpc (getLedgerEntries, at most 200 keys; getLatestLedger,
getLedgers, getNetwork). Entries are XDR: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from struct import Struct
from typing import Annotated, ClassVar, TypeVar

import msgspec

from chains.adapter import Call, ChainAdapter, Rpc
from chains.answers import SECOND, Held, authority, controls, digits, outcome, readings, shape, utc
from chains.codec import strkey
from chains.controllers import NOBODY, Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.spec import ChainSpec
from chains.steady import steady
from chains.types import Address, BalanceKey, BlockRef, Failure, Pinning, Readings, Reason

KEYS_MAX = 200
_KEY = Struct(">ii32s")  # LedgerKey of an account: entry type 0, key type 0, the key
_ACCOUNT = Struct(">ii32sq")  # the beginning of its entry: the same, and the balance
_SEQUENCE_AND_COUNT = 8 + 4
_ACCOUNT_ID = 4 + strkey.KEY_BYTES
_NONE, _SIGNED_PAYLOAD = 0, 3  # kinds of keys: ed25519, and ed25519 for one payload
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
        addresses = list(dict.fromkeys(key.address for key in keys))
        served, found = await steady(partial(_newest, rpc), partial(_read, rpc, addresses, _held), not_before=block)
        return readings(served, keys, {key: found[key.address] for key in keys})

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The key an address is may have lost its weight, and others may have some."""
        asked = list(dict.fromkeys(addresses))
        newest, read = partial(self.final_block, rpc), partial(_read, rpc, asked, _authorities)
        served, found = await steady(newest, read, not_before=block)
        return controls(served, [found[address] for address in addresses])


async def _read(
    rpc: Rpc, addresses: Sequence[Address], read: Callable[[Address, str | None], T | Failure], block: BlockRef
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
        held = {entry.key: entry.xdr for entry in entries.entries or []}
        if not held.keys() <= {_ledger_key(one) for one in part}:
            raise Malformed("getLedgerEntries: an entry that was not asked")
        for one in part:
            found[one] = outcome(held.get(_ledger_key(one)), lambda xdr, one=one: read(one, xdr))  # type: ignore[misc]
    return found


def _ledger_key(address: Address) -> str:
    return base64.b64encode(_KEY.pack(_NONE, _NONE, strkey.decode(address))).decode()


class _Xdr:
    """Reads on and on. Raises Malformed where there is no more."""

    def __init__(self, text: str) -> None:
        try:
            self._rest = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise Malformed("an entry that is not base64") from None

    def take(self, size: int) -> bytes:
        if len(self._rest) < size:
            raise Malformed("an entry that breaks off")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(4))

    def skip_opaque(self) -> None:
        size = self.number()
        self.take(size + -size % 4)


def _held(address: Address, xdr: str | None) -> Held:
    """The balance in the entry of an account; the node left out an entry that does not exist."""
    return Held(0) if xdr is None else Held(_balance(address, _Xdr(xdr)))


def _balance(address: Address, entry: _Xdr) -> int:
    kind, key_kind, owner, balance = _ACCOUNT.unpack(entry.take(_ACCOUNT.size))
    if (kind, key_kind, owner) != (_NONE, _NONE, strkey.decode(address)) or balance < 0:
        raise Malformed("not the entry of this account")
    return int(balance)


def _authorities(address: Address, xdr: str | None) -> tuple[Authority, ...] | Failure:
    """Keys whose weights reach the medium threshold can pay; signatures that are hashes are nobody's."""
    if xdr is None:
        return Failure(Reason.NO_CODE, "no such account")
    entry = _Xdr(xdr)
    _balance(address, entry)
    entry.take(_SEQUENCE_AND_COUNT)
    if entry.number():
        entry.take(_ACCOUNT_ID)  # an inflation destination
    entry.number()  # flags
    entry.skip_opaque()  # home domain
    master, _, medium, _ = entry.take(4)
    count = entry.number()
    signers = [Weighted(by_address(address), master)] if master else []
    for _ in range(count):
        kind, key = entry.number(), entry.take(strkey.KEY_BYTES)
        if kind == _SIGNED_PAYLOAD:
            entry.skip_opaque()
        weight = entry.number()
        if kind == _NONE and weight:
            signers.append(Weighted(by_address(Address(strkey.encode(key))), weight))
    if not signers:
        return Failure(Reason.UNSUPPORTED, "only hashes can sign for it") if count else (NOBODY,)
    return (authority(ControlKind.SIGNER_LIST, max(1, medium), signers, "medium threshold"),)


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
