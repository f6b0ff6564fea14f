"""What the entry of an account says, in XDR: its balance, and whose weights reach what a payment needs. Pure.

Layout: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x (AccountEntry). No entry is None: the node left
it out, for there is no such account.
"""

from __future__ import annotations

import base64
import binascii
from struct import Struct

from chains.adapter import Json
from chains.answers import Held, authority
from chains.codec import strkey
from chains.controllers import NOBODY, Authority, ControlKind, Weighted, by_address
from chains.errors import Malformed
from chains.types import Address, Failure, Reason

_KEY = Struct(">ii32s")  # entry type 0, key type 0, the key
_ACCOUNT = Struct(">ii32sq")  # the beginning of its entry: the same, and the balance
_SEQUENCE_AND_COUNT = 8 + 4
_ACCOUNT_ID = 4 + strkey.KEY_BYTES
_NONE, _SIGNED_PAYLOAD = 0, 3  # kinds of keys: ed25519, and ed25519 for one payload


class Xdr:
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


def account_key(address: Address) -> bytes:
    """What names the entry of an account."""
    return _KEY.pack(_NONE, _NONE, strkey.decode(address))


def held(address: Address, xdr: Json) -> Held:
    """No account holds no lumens."""
    return Held(0) if xdr is None else Held(_balance(address, Xdr(str(xdr))))


def _balance(address: Address, entry: Xdr) -> int:
    kind, key_kind, owner, balance = _ACCOUNT.unpack(entry.take(_ACCOUNT.size))
    if (kind, key_kind, owner) != (_NONE, _NONE, strkey.decode(address)) or balance < 0:
        raise Malformed("not the entry of this account")
    return int(balance)


def authorities(address: Address, xdr: Json) -> tuple[Authority, ...] | Failure:
    """Keys whose weights reach the medium threshold can pay; signatures that are hashes are nobody's."""
    if xdr is None:
        return Failure(Reason.NO_CODE, "no such account")
    entry = Xdr(str(xdr))
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
