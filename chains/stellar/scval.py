"""The few values of Stellar's contracts that events of a coin are made of, as XDR in Base64. Pure.

Layout: https://github.com/stellar/stellar-xdr, Stellar-contract.x (SCVal). The contract of the coin:
Stellar-transaction.x (HashIDPreimage of ENVELOPE_TYPE_CONTRACT_ID, CONTRACT_ID_PREIMAGE_FROM_ASSET).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from struct import Struct, error, pack

from chains.codec import strkey
from chains.errors import Malformed
from chains.types import Address

_I128, _SYMBOL, _MAP, _ADDRESS = 10, 15, 17, 18
_ACCOUNT = _ED25519 = _NATIVE = 0
_CONTRACT_ID, _FROM_ASSET = 8, 1
_AMOUNT = Struct(">iqQ")


def _padded(text: str) -> bytes:
    raw = text.encode()
    return pack(">ii", _SYMBOL, len(raw)) + raw + b"\0" * (-len(raw) % 4)


_AMOUNT_IN_MAP = pack(">ii", _MAP, 1)  # its count follows
_AMOUNT_KEY = _padded("amount")


def symbol(text: str) -> str:
    return base64.b64encode(_padded(text)).decode()


def account(address: Address) -> str:
    return base64.b64encode(pack(">iii", _ADDRESS, _ACCOUNT, _ED25519) + strkey.decode(address)).decode()


def native_contract(passphrase: str) -> str:
    """The contract that stands for a network's own coin."""
    network = hashlib.sha256(passphrase.encode()).digest()
    preimage = pack(">i", _CONTRACT_ID) + network + pack(">ii", _FROM_ASSET, _NATIVE)
    return strkey.encode_contract(hashlib.sha256(preimage).digest())


def amount(text: str) -> int:
    """What an event says was moved: a number, or a map that begins with it. Raises Malformed."""
    try:
        raw = base64.b64decode(text, validate=True)
        if raw.startswith(_AMOUNT_IN_MAP):
            raw = raw[len(_AMOUNT_IN_MAP) + 4 :].removeprefix(_AMOUNT_KEY)
        kind, high, low = _AMOUNT.unpack_from(raw)
    except (binascii.Error, error):
        raise Malformed(f"no amount: {text[:40]!r}") from None
    if kind != _I128:
        raise Malformed(f"no amount, but a value of kind {kind}")
    return int(high) * 2**64 + int(low)
