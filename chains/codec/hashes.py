"""The compound hashes of address formats."""

from __future__ import annotations

import hashlib


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(data).digest(), usedforsecurity=False).digest()


def blake2b(data: bytes, size: int) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


def tagged(tag: str, data: bytes) -> bytes:
    """BIP-340's domain-separated SHA-256."""
    head = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(head + head + data).digest()
