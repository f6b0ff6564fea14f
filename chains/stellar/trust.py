"""Issued assets: the name of one, and what the entry of a trust line says, in XDR. Pure.

A line that its issuer does not authorize cannot pay, and what is on offer is bound to the offer: both stand beside the
amount. Layout: https://github.com/stellar/stellar-xdr, Stellar-ledger-entries.x (TrustLineEntry, LedgerKey).
"""

from __future__ import annotations

import re
from struct import Struct
from typing import NamedTuple

from chains.adapter import Json
from chains.answers import Held
from chains.codec import strkey
from chains.errors import BadAddress, Malformed
from chains.stellar.entry import Xdr
from chains.types import Address, Instrument, Liquidity

PREFIX = "asset:"
DECIMALS = 7
"""Of every asset, by the protocol."""
_CODE = re.compile(r"[A-Za-z0-9]{1,12}")
_SHORT, _LONG = 4, 12  # bytes of a code
_TRUST_LINE, _ED25519 = 1, 0  # types: of a ledger entry, of a key
_KEY = Struct(">ii32si")  # entry type, holder, and the type of the asset, whose code and issuer follow
_ISSUER = Struct(">i32s")
_BODY = Struct(">qqII")  # balance, limit, flags, and whether liabilities follow
_LIABILITIES = Struct(">qq")  # buying, selling
_AUTHORIZED = 1


class Asset(NamedTuple):
    code: str
    issuer: Address

    @property
    def instrument(self) -> Instrument:
        return Instrument(f"{PREFIX}{self.code}-{self.issuer}")


def parse(text: str) -> Asset:
    """``asset:<code>-<issuer>``. Raises BadAddress."""
    code, _, issuer = text.removeprefix(PREFIX).partition("-")
    if not text.startswith(PREFIX) or not _CODE.fullmatch(code):
        raise BadAddress(f"an asset is {PREFIX}<code of 1 to 12 letters and digits>-<issuer>")
    return Asset(code, Address(strkey.encode(strkey.decode(issuer))))


def line_key(holder: Address, asset: Asset) -> bytes:
    """What names the line; its entry begins with the same bytes."""
    size = _SHORT if len(asset.code) <= _SHORT else _LONG
    kind = 1 if size == _SHORT else 2
    key = _KEY.pack(_TRUST_LINE, _ED25519, strkey.decode(holder), kind)
    return key + asset.code.encode().ljust(size, b"\0") + _ISSUER.pack(_ED25519, strkey.decode(asset.issuer))


def held(holder: Address, asset: Asset, xdr: Json) -> Held:
    """No trust line (None) holds nothing."""
    if xdr is None:
        return Held(0)
    entry, key = Xdr(str(xdr)), line_key(holder, asset)
    if entry.take(len(key)) != key:
        raise Malformed("not the entry of this trust line")
    balance, _, flags, more = _BODY.unpack(entry.take(_BODY.size))
    _, selling = _LIABILITIES.unpack(entry.take(_LIABILITIES.size)) if more else (0, 0)
    if more > 1 or not 0 <= selling <= balance:
        raise Malformed("a trust line that owes more than it holds, or in another form")
    bound = selling if flags & _AUTHORIZED else balance
    return Held(balance - bound, {Liquidity.LOCKED: bound})
