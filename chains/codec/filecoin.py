"""Filecoin main network addresses: ``f1`` (secp256k1) and ``f410f`` (the EVM's own, an Ethereum address inside)."""

from __future__ import annotations

from base64 import b32decode, b32encode

from chains.codec.hashes import blake2b
from chains.errors import BadAddress

HEAD = {"f1": b"\x01", "f410f": b"\x04\x0a"}
"""Text before the base 32 part -> bytes that the checksum covers before the payload."""
_SIZE = 20
_LETTERS = 39
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz234567")


def decode(text: str, head: str) -> bytes:
    """The 20 bytes of an address that starts with ``head``, a key of HEAD. Raises BadAddress."""
    body = text[len(head) :]
    if not text.startswith(head) or len(body) != _LETTERS or not _LOWER.issuperset(body):
        raise BadAddress(f"such an address is {head!r} and {_LETTERS} letters of lower-case base 32")
    raw = b32decode(body.upper() + "=")
    payload, checksum = raw[:_SIZE], raw[_SIZE:]
    if blake2b(HEAD[head] + payload, 4) != checksum:
        raise BadAddress("the checksum is wrong")
    if encode(payload, head) != text:
        raise BadAddress("the padding is wrong")
    return payload


def encode(payload: bytes, head: str) -> str:
    raw = payload + blake2b(HEAD[head] + payload, 4)
    return head + b32encode(raw).decode().lower().rstrip("=")
