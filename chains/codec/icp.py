"""Internet Computer: principals, and the ledger accounts that belong to them.

Source: https://internetcomputer.org/docs/references/ic-interface-spec (principals) and its ledger specification.
"""

from __future__ import annotations

import hashlib
import re
from binascii import crc32

from chains.codec import base32
from chains.errors import BadAddress

ACCOUNT_BYTES, PRINCIPAL_BYTES = 32, 29
_ACCOUNT = re.compile(r"[0-9a-f]{64}")
_PRINCIPAL = re.compile(r"(?:[a-z2-7]{5}-){10}[a-z2-7]{3}")
_SELF_AUTHENTICATING = b"\x02"


def _checksum(body: bytes) -> bytes:
    return crc32(body).to_bytes(4, "big")


def principal_of(der_key: bytes) -> bytes:
    """The self-authenticating principal of a key in its DER form."""
    return hashlib.sha224(der_key).digest() + _SELF_AUTHENTICATING


def account_of(principal: bytes) -> bytes:
    """The default account of a principal, with its checksum."""
    body = hashlib.sha224(b"\x0aaccount-id" + principal + bytes(32)).digest()
    return _checksum(body) + body


def decode(text: str) -> bytes:
    """An account id in hexadecimal, or a self-authenticating principal, which stands for its default account.

    The 32 bytes of the account. Raises BadAddress.
    """
    if _ACCOUNT.fullmatch(text):
        raw = bytes.fromhex(text)
        if _checksum(raw[4:]) != raw[:4]:
            raise BadAddress("the checksum of the account id is wrong")
        return raw
    if not _PRINCIPAL.fullmatch(text):
        raise BadAddress("neither an account id nor the principal of a key")
    raw = base32.decode(text.replace("-", "").upper(), size=4 + PRINCIPAL_BYTES)
    if _checksum(raw[4:]) != raw[:4]:
        raise BadAddress("the checksum of the principal is wrong")
    if raw[-1:] != _SELF_AUTHENTICATING:
        raise BadAddress("no principal of a key")
    return account_of(raw[4:])


def encode(account: bytes) -> str:
    assert len(account) == ACCOUNT_BYTES, "no account id"
    return account.hex()


def encode_principal(principal: bytes) -> str:
    letters = base32.encode(_checksum(principal) + principal).lower()
    return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))
