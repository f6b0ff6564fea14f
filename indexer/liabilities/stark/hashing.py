"""BLAKE3, keyed by purpose, and the Merkle trees above committed rows. All numbers are little-endian.

A tree is published as its *cap*, the 2^c nodes of one level: every path is shorter by c, and all have one length.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from blake3 import blake3

from indexer.liabilities.stark.errors import require

SCHEME = "assay-stark-v1"
DIGEST_BYTES = 32


@cache
def purpose_key(purpose: str) -> bytes:
    return blake3(f"{SCHEME} {purpose}".encode()).digest()


def digest(purpose: str, data: bytes | memoryview, length: int = DIGEST_BYTES) -> bytes:
    """No hash made for one purpose stands in for one made for another."""
    return blake3(data, key=purpose_key(purpose)).digest(length=length)


def u8(value: int) -> bytes:
    return value.to_bytes(1, "little")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def text(value: str) -> bytes:
    """Its length in bytes (u32), and its UTF-8."""
    data = value.encode()
    return u32(len(data)) + data


def climb(node: bytes, index: int, siblings: Sequence[bytes]) -> tuple[bytes, int]:
    """The node above a leaf after as many steps as there are siblings, and its place in its level."""
    key = purpose_key("node")
    for sibling in siblings:
        pair = sibling + node if index & 1 else node + sibling
        node, index = blake3(pair, key=key).digest(), index >> 1
    return node, index


def check_path(cap: Sequence[bytes], node: bytes, index: int, siblings: Sequence[bytes], what: str) -> None:
    """Raises Refuted unless the leaf leads to its node of the cap."""
    found, place = climb(node, index, siblings)
    require(place < len(cap) and found == cap[place], f"{what} is not under its commitment")
