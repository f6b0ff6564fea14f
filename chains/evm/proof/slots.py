"""Where a token keeps a holder's balance: how a mapping's slots are derived, and how a word is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from chains.codec.evm_address import keccak256
from chains.types import UINT256_END, Address

WIDTH_MIN = 64  # bits; anything narrower that seems to fit is a flag or a coincidence
_BASE_MAX = 100
_OZ_ERC20 = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
"""ERC-7201 namespace openzeppelin.storage.ERC20, whose first member is the mapping of balances."""
_SOLADY_SEED = 0x87A211A2


class Layout(StrEnum):
    """How the slot follows from the holder and the base slot of the mapping."""

    SOLIDITY = "solidity"  # keccak(holder . base)
    VYPER = "vyper"  # keccak(base . holder)
    SOLADY = "solady"  # keccak(holder, 20 bytes . seed, 12 bytes)


@dataclass(frozen=True, slots=True)
class SlotRule:
    """balanceOf(holder) of ``token`` is ``width`` bits, ``shift`` bits up, of a slot of the contract ``storage``.

    Confirmed on the state of the block at ``height``. A proxy may be upgraded: confirm again for another block.
    """

    token: Address
    storage: Address
    layout: Layout
    base: int
    shift: int
    width: int
    height: int

    def __post_init__(self) -> None:
        assert 0 <= self.base < UINT256_END
        assert self.shift >= 0
        assert WIDTH_MIN <= self.width <= 256 - self.shift

    def slot(self, holder: Address) -> bytes:
        """The 32-byte key of the slot."""
        return slot(self.layout, self.base, bytes.fromhex(holder[2:]))

    def amount(self, word: int) -> int:
        """The balance in a storage word."""
        return (word >> self.shift) & ((1 << self.width) - 1)

    def describe(self) -> str:
        """In words, for a report."""
        where = "" if self.storage == self.token else f" of {self.storage}"
        what = "" if self.width == 256 else f", bits {self.shift} to {self.shift + self.width - 1}"
        return f"{self.layout} mapping at slot {self.base:#x}{where}{what}"

    def __str__(self) -> str:
        numbers = f"{self.base:#x} {self.shift} {self.width} {self.height}"
        return f"{self.token} {self.storage} {self.layout} {numbers}"


_RULE = re.compile(
    r"(0x[0-9a-f]{40}) (0x[0-9a-f]{40}) (solidity|vyper|solady) 0x([0-9a-f]{1,64}) (\d{1,3}) (\d{1,3}) (\d{1,18})",
    re.ASCII,
)


def parse_rule(line: str) -> SlotRule:
    """The inverse of ``str(rule)``. Raises ValueError."""
    match = _RULE.fullmatch(line)
    if match is None:
        raise ValueError("not a slot rule")
    token, storage, layout, base, *numbers = match.groups()
    shift, width, height = map(int, numbers)
    if not WIDTH_MIN <= width <= 256 - shift:
        raise ValueError("a slot rule beyond its word")
    return SlotRule(Address(token), Address(storage), Layout(layout), int(base, 16), shift, width, height)


def slot(layout: Layout, base: int, holder: bytes) -> bytes:
    if layout is Layout.SOLADY:
        return keccak256(holder + base.to_bytes(12, "big"))
    mapping, key = base.to_bytes(32, "big"), holder.rjust(32, b"\0")
    return keccak256(mapping + key if layout is Layout.VYPER else key + mapping)


@cache
def candidates(holder: bytes) -> Mapping[bytes, tuple[Layout, int]]:
    """Every slot that could hold this holder's balance under a layout known here."""
    bases = (*range(_BASE_MAX + 1), _OZ_ERC20)
    places = [(layout, base) for layout in (Layout.SOLIDITY, Layout.VYPER) for base in bases]
    places.append((Layout.SOLADY, _SOLADY_SEED))
    return {slot(layout, base, holder): (layout, base) for layout, base in places}


_ONES = UINT256_END - 1
_MIXED = int.from_bytes(keccak256(b"assay: bits to recognise"), "big") | 1 << 255
PLANTS: Sequence[int] = (_ONES, _MIXED, _ONES ^ _MIXED, 0)
"""Words to plant in a slot: all ones tell the width, mixed bits tell where, zero tells that nothing is added."""


def field_of(answers: Sequence[int]) -> tuple[int, int] | None:
    """(shift, width) such that every answer is that field of the word of PLANTS in its place; None where none is."""
    width = answers[0].bit_length()
    if answers[0] != (1 << width) - 1 or width < WIDTH_MIN:
        return None
    for shift in range(257 - width):
        if all((plant >> shift) & answers[0] == answer for plant, answer in zip(PLANTS, answers, strict=True)):
            return shift, width
    return None


def marks(holder: bytes) -> Mapping[bytes, int]:
    """A word for every candidate slot, each with no 64 bits in common with another, to plant all at once."""
    return {key: int.from_bytes(keccak256(b"assay: mark" + key), "big") for key in candidates(holder)}


def marked(answer: int, holder: bytes) -> bytes | None:
    """The candidate slot whose mark the answer shows, wherever in the word."""
    low = (1 << WIDTH_MIN) - 1
    for key, mark in marks(holder).items():
        if any((mark >> shift) & low == answer & low for shift in range(257 - WIDTH_MIN)):
            return key
    return None
