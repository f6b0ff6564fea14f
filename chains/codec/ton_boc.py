"""What the first cell of a bag of cells says: as much of a message as comes before its references.

Source: https://docs.ton.org/v3/documentation/data-formats/tlb/cell-boc (bag of cells).
"""

from __future__ import annotations

from chains.codec.ton_cell import REFS_MAX
from chains.errors import Malformed

_MAGIC = bytes.fromhex("b5ee9c72")
_HAS_INDEX = 0x80


def root_bits(boc: bytes) -> str:
    """The bits ("0" and "1") of its only root, an ordinary cell that comes first. Raises Malformed."""
    start = _first_cell(boc)
    descriptors = boc[start : start + 2]
    if len(descriptors) != 2 or descriptors[0] > REFS_MAX:
        raise Malformed("a bag of cells without an ordinary cell at its beginning")
    whole, padded = divmod(descriptors[1], 2)
    data = boc[start + 2 : start + 2 + whole + padded]
    if len(data) != whole + padded or (padded and data[-1] == 0):
        raise Malformed("a cell that is cut short")
    bits = "".join(f"{byte:08b}" for byte in data)
    return bits.rstrip("0")[:-1] if padded else bits


def _first_cell(boc: bytes) -> int:
    """Where the cells begin."""
    if len(boc) < 6 or boc[:4] != _MAGIC:
        raise Malformed("no bag of cells")
    size, offset = boc[4] & 0x07, boc[5]
    counts = [int.from_bytes(boc[6 + n * size : 6 + (n + 1) * size], "big") for n in range(3)]
    cells, roots, absent = counts
    end = 6 + 3 * size + offset
    if (roots, absent) != (1, 0) or any(boc[end : end + size]):
        raise Malformed("a bag of cells whose root does not come first")
    return end + size + (cells * offset if boc[4] & _HAS_INDEX else 0)
