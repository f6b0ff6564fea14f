"""CashAddr (Bitcoin Cash, eCash): a type, a hash of 20 bytes, and a prefix that may be left out."""

from __future__ import annotations

from typing import Literal

from chains.codec import base32bch
from chains.codec.bech32 import ALPHABET
from chains.errors import BadAddress

Form = Literal["p2pkh", "p2sh"]
_VERSION: dict[int, Form] = {0: "p2pkh", 8: "p2sh"}
_SIZE = 21


def decode(text: str, prefixes: tuple[str, ...]) -> tuple[Form, bytes]:
    """(form, hash) of an address under one of the prefixes, written or implied. Raises BadAddress."""
    lower = text.lower()
    if text not in (lower, lower.upper()):
        raise BadAddress("upper and lower case are mixed")
    prefix, colon, body = lower.rpartition(":")
    if colon and prefix not in prefixes:
        raise BadAddress(f"the prefix is {prefix[:20]!r}, this network's is {prefixes[0]!r}")
    payload = base32bch.decode(body, prefix=prefix or _implied(body, prefixes), alphabet=ALPHABET)
    if len(payload) != _SIZE or payload[0] not in _VERSION:
        raise BadAddress("no public key hash and no script hash of 20 bytes")
    return _VERSION[payload[0]], payload[1:]


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
