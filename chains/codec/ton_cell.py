"""The representation hash of ordinary TON cells: what an address, and nearly everything else there, is made of.

Source: https://docs.ton.org/v3/documentation/data-formats/tlb/cell-boc (standard cell representation and its hash).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

BITS_MAX, REFS_MAX = 1023, 4


class Cell(NamedTuple):
    """A cell as others see it: by its hash and depth. Known code is written down as that, without its bits."""

    hash: bytes
    depth: int


def cell(bits: str, refs: Sequence[Cell] = ()) -> Cell:
    """An ordinary cell of these bits ("0" and "1") and references."""
    assert len(bits) <= BITS_MAX, "too many bits"
    assert len(refs) <= REFS_MAX, "too many references"
    whole, rest = divmod(len(bits), 8)
    padded = bits + ("1" + "0" * (7 - rest) if rest else "")
    data = int(padded or "0", 2).to_bytes(len(padded) // 8, "big")
    descriptors = bytes([len(refs), 2 * whole + (1 if rest else 0)])
    depths = b"".join(ref.depth.to_bytes(2, "big") for ref in refs)
    hashes = b"".join(ref.hash for ref in refs)
    depth = 1 + max(ref.depth for ref in refs) if refs else 0
    return Cell(hashlib.sha256(descriptors + data + depths + hashes).digest(), depth)


def uint(value: int, bits: int) -> str:
    """Big-endian bits of an unsigned number."""
    assert 0 <= value < 1 << bits, "the number does not fit"
    return f"{value:0{bits}b}" if bits else ""
