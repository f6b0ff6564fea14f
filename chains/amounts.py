"""Many amounts as one piece of memory: what bulk readers return instead of a Python object per balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import overload

WORD = 16
"""Bytes of one amount."""
VOID = b"\xff" * WORD
"""In the place of an amount that is missing or too wide; never an amount itself."""
_VOID_NUMBER = int.from_bytes(VOID, "big")


class PackedAmounts(Sequence[int | None]):
    """``words``: WORD big-endian bytes for each amount. ``wide``: by index, the amounts that do not fit.

    ``missing``: the indices without an amount. The words of ``wide`` and ``missing`` are VOID. A plain sequence to
    whoever asks; a store may copy ``words`` whole.
    """

    __slots__ = ("missing", "wide", "words")

    def __init__(self, words: bytes, *, wide: Mapping[int, int], missing: AbstractSet[int]) -> None:
        assert len(words) % WORD == 0
        assert wide.keys().isdisjoint(missing)
        for index in (*wide, *missing):
            assert words[WORD * index : WORD * (index + 1)] == VOID, f"word {index} is not void"
        self.words, self.wide, self.missing = words, wide, missing

    @classmethod
    def of(cls, amounts: Sequence[int | None]) -> PackedAmounts:
        """These amounts, each 0 <= n < 2**256; the very object, if it is packed already."""
        if isinstance(amounts, PackedAmounts):
            return amounts
        wide = {index: amount for index, amount in enumerate(amounts) if amount is not None and amount >= _VOID_NUMBER}
        missing = {index for index, amount in enumerate(amounts) if amount is None}
        fits = (VOID if n is None or n >= _VOID_NUMBER else n.to_bytes(WORD, "big") for n in amounts)
        return cls(b"".join(fits), wide=wide, missing=missing)

    def part(self, start: int, stop: int) -> PackedAmounts:
        """Those from ``start`` up to ``stop``, still packed."""
        inside = range(start, min(stop, len(self)))
        return PackedAmounts(
            self.words[WORD * start : WORD * stop],
            wide={index - start: amount for index, amount in self.wide.items() if index in inside},
            missing={index - start for index in self.missing if index in inside},
        )

    def __len__(self) -> int:
        return len(self.words) // WORD

    @overload
    def __getitem__(self, at: int) -> int | None: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int | None]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int | None] | None:
        places = range(len(self))[at]
        return self._amount(places) if isinstance(places, int) else [self._amount(index) for index in places]

    def __iter__(self) -> Iterator[int | None]:
        return map(self._amount, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def __repr__(self) -> str:
        return f"PackedAmounts({len(self)}, {len(self.wide)} wide, {len(self.missing)} missing)"

    def _amount(self, index: int) -> int | None:
        word = self.words[WORD * index : WORD * (index + 1)]
        if word != VOID:
            return int.from_bytes(word, "big")
        return None if index in self.missing else self.wide[index]
