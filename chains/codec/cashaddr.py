"""CashAddr (Bitcoin Cash, eCash): a type, a hash, and a prefix that may be left out.

Bitcoin Cash alone has script hashes of 32 bytes (CHIP-2022-05 P2SH32), and types that say a wallet knows of tokens, for
the same scripts (CHIP-2022-02 CashTokens).
"""

from __future__ import annotations

from typing import Literal

from chains.codec import base32bch
from chains.codec.bech32 import ALPHABET
from chains.errors import BadAddress

Form = Literal["p2pkh", "p2sh", "p2sh32"]
_VERSION: dict[int, Form] = {0: "p2pkh", 8: "p2sh", 11: "p2sh32"}
"""Type and size in one byte: bits 3 to 6 and 0 to 2."""
_TOKEN_AWARE = 16
_SIZE: dict[Form, int] = {"p2pkh": 20, "p2sh": 20, "p2sh32": 32}


def decode(text: str, prefixes: tuple[str, ...], *, tokens: bool = False) -> tuple[Form, bytes]:
    """(form, hash) of an address under one of the prefixes, written or implied. Raises BadAddress.

    ``tokens``: whether the network has what Bitcoin Cash added.
    """
    lower = text.lower()
    if text not in (lower, lower.upper()):
        raise BadAddress("upper and lower case are mixed")
    prefix, colon, body = lower.rpartition(":")
    if colon and prefix not in prefixes:
        raise BadAddress(f"the prefix is {prefix[:20]!r}, this network's is {prefixes[0]!r}")
    payload = base32bch.decode(body, prefix=prefix or _implied(body, prefixes), alphabet=ALPHABET)
    form = _VERSION.get(payload[0] & ~_TOKEN_AWARE if tokens else payload[0])
    if form is None or len(payload) != 1 + _SIZE[form] or (form == "p2sh32" and not tokens):
        raise BadAddress("no public key hash and no script hash that this network has")
    return form, payload[1:]


def encode(form: Form, digest: bytes, prefix: str) -> str:
    version = next(version for version, name in _VERSION.items() if name == form)
    return f"{prefix}:{base32bch.encode(bytes([version]) + digest, prefix=prefix, alphabet=ALPHABET)}"


def _implied(body: str, prefixes: tuple[str, ...]) -> str:
    """The prefix whose checksum fits; the checksum covers it, so that at most one does."""
    for prefix in prefixes[:-1]:
        try:
            base32bch.decode(body, prefix=prefix, alphabet=ALPHABET)
        except BadAddress:
            continue
        return prefix
    return prefixes[-1]
