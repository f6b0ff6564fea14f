"""Published ed25519 keys and signatures: text -> bytes, and the rule by which a signature holds.

The rule is libsodium's: S below the group order; key and R in canonical form; neither the key nor R of small order;
and R' = R byte for byte, without a cofactor. One signer, one message and one R thus have one signature, and no key
signs for everything. Malleated signatures are refused, although the Go and Rust checkers accept some of them.
"""

from __future__ import annotations

import base64
import binascii
import re

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from chains.ownership.types import BadProof

KEY_BYTES, SIGNATURE_BYTES = 32, 64
_HEX = re.compile(r"(?:0x)?([0-9a-f]+|[0-9A-F]+)")


def read_key(text: str) -> bytes:
    """Raises BadProof."""
    return _read(text, KEY_BYTES, "an ed25519 key")


def read_signature(text: str) -> bytes:
    """Raises BadProof."""
    return _read(text, SIGNATURE_BYTES, "an ed25519 signature")


def check(*, key: bytes, message: bytes, signature: bytes) -> None:
    """Raises BadProof when the signature does not hold, see above."""
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        raise BadProof("the key did not sign this message") from None


def _read(text: str, size: int, what: str) -> bytes:
    """Hexadecimal of one case, with or without 0x, or canonical Base64: their lengths never meet."""
    match = _HEX.fullmatch(text)
    if match and len(match[1]) % 2 == 0:
        raw = bytes.fromhex(match[1])
    else:
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise BadProof(f"{what} is hexadecimal or Base64") from None
        if base64.b64encode(raw).decode() != text:
            raise BadProof("the Base64 has bits that belong to nothing")
    if len(raw) != size:
        raise BadProof(f"{what} has {size} bytes, not {len(raw)}")
    return raw
