"""Many keys as columns: what a store hands over instead of a Python object per question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from chains.types import Address, BalanceKey, Instrument


class PackedKeys(Sequence[BalanceKey]):
    """``text``: all addresses one after the other, UTF-8; ``ends[i]``: the byte where that of key i ends.

    ``instrument_of[i]``: its number among ``instruments``, which are distinct. A plain sequence to whoever asks; a
    family may take the columns whole.
    """

    __slots__ = ("ends", "instrument_of", "instruments", "text")

    def __init__(
        self,
        text: bytes,
        ends: npt.NDArray[np.int64],
        instruments: Sequence[Instrument],
        instrument_of: npt.NDArray[np.int64],
    ) -> None:
        assert len(ends) == len(instrument_of), "an address and an instrument per key"
        assert len(text) == (ends[-1] if len(ends) else 0), "the addresses fill the text"
        assert len(set(instruments)) == len(instruments), "instruments are distinct"
        self.text, self.ends, self.instruments, self.instrument_of = text, ends, tuple(instruments), instrument_of

    @classmethod
    def of(cls, keys: Sequence[BalanceKey]) -> PackedKeys:
        """These keys; the very object, if it is packed already."""
        if isinstance(keys, PackedKeys):
            return keys
        addresses = [key.address.encode() for key in keys]
        number_of = {instrument: number for number, instrument in enumerate(dict.fromkeys(k.instrument for k in keys))}
        ends = np.cumsum(np.fromiter(map(len, addresses), np.int64, len(keys)))
        numbers = np.fromiter((number_of[key.instrument] for key in keys), np.int64, len(keys))
        return cls(b"".join(addresses), ends, tuple(number_of), numbers)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, at: int) -> BalanceKey: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[BalanceKey]: ...
    def __getitem__(self, at: int | slice) -> BalanceKey | Sequence[BalanceKey]:
        places = range(len(self))[at]
        return self._key(places) if isinstance(places, int) else [self._key(index) for index in places]

    def __iter__(self) -> Iterator[BalanceKey]:
        return map(self._key, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def __repr__(self) -> str:
        return f"PackedKeys({len(self)} of {len(self.instruments)} instruments)"

    def _key(self, index: int) -> BalanceKey:
        start = self.ends[index - 1] if index else 0
        address = self.text[start : self.ends[index]].decode()
        return BalanceKey(Address(address), self.instruments[self.instrument_of[index]])
