"""Which addresses are asked together: those with the same tokens, so that no needless pair is read. Pure."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from chains.evm.balances import TOKEN_PREFIX
from chains.evm.packed import ADDRESS, NATIVE, Bytes
from chains.keys import PackedKeys
from chains.types import Address, BalanceKey, Instrument

READER = Address("0x00000000000000000000000000000000ba1a9ce5")
"""Where the reader's code is put for the time of a call; nobody's address."""

TOKENS_TOGETHER = 16
"""Each address needs gas in hand for all tokens of its group, at CALL_GAS each, before it is begun."""
_ALONE = 64
"""Fewer addresses with one set of tokens are rather asked token by token, with those of other sets."""
_SIGNATURE_BITS = 62
_ODD = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], np.uint64
)
"""Any odd numbers of 64 bits: one for each four bytes of an address."""

Index: TypeAlias = npt.NDArray[np.int64]


class Group(NamedTuple):
    """``rows`` of ``Plan.addresses`` that are all to be asked for all ``columns`` of ``Plan.tokens``."""

    columns: Index
    rows: Index


class Plan:
    """``keys`` as distinct pairs of a row and a column; ``pair_of[i]`` is the pair of key i.

    ``first_key[p]`` is a key of pair p. Pairs whose instrument the reader cannot be asked for are in no group.
    """

    def __init__(self, keys: Sequence[BalanceKey], *, native: Instrument) -> None:
        packed = PackedKeys.of(keys)
        self.addresses, row_of = _distinct(_addresses(packed))
        self.tokens = [_token(instrument, native) for instrument in packed.instruments]
        self._width = len(self.tokens)
        codes = row_of * self._width + packed.instrument_of
        if (codes[1:] > codes[:-1]).all():  # the order in which keys mostly come
            self._codes, self.first_key = codes, np.arange(len(keys))
            self.pair_of = self.first_key
        else:
            self._codes, self.first_key, self.pair_of = np.unique(codes, return_index=True, return_inverse=True)

    @property
    def pairs(self) -> int:
        return len(self._codes)

    def pairs_at(self, group: Group) -> Index:
        """The pairs of a group, address by address."""
        return np.searchsorted(self._codes, (group.rows[:, None] * self._width + group.columns).reshape(-1))

    def groups(self) -> Iterator[Group]:
        """Every pair that can be asked, once."""
        packable = np.array([token is not None for token in self.tokens])
        rows, columns = np.divmod(self._codes, self._width)
        rows, columns = rows[packable[columns]], columns[packable[columns]]
        if len(rows) == 0:
            return
        together = np.zeros(len(rows), np.bool_)
        if self._width <= _SIGNATURE_BITS:
            starts = np.flatnonzero(np.diff(rows, prepend=-1))
            signatures = np.bitwise_or.reduceat(np.int64(1) << columns, starts)
            sets, set_of, sizes = np.unique(signatures, return_inverse=True, return_counts=True)
            if len(sets) > len(self.tokens):
                sets[sizes < _ALONE] = 0
            together = np.repeat(sets[set_of] != 0, np.diff(starts, append=len(rows)))
            for number, signature in enumerate(sets.tolist()):
                members = [column for column in range(self._width) if signature >> column & 1]
                for start in range(0, len(members), TOKENS_TOGETHER):
                    yield Group(np.array(members[start : start + TOKENS_TOGETHER]), rows[starts[set_of == number]])
        for column in np.unique(columns[~together]):
            yield Group(np.array([column]), rows[~together & (columns == column)])


def _addresses(keys: PackedKeys) -> Bytes:
    """(n, 20). The keys are canonical, so all are of one length."""
    text = np.frombuffer(keys.text, np.uint8).reshape(len(keys), 2 + 2 * ADDRESS)
    return np.frombuffer(binascii.unhexlify(text[:, 2:].tobytes()), np.uint8).reshape(-1, ADDRESS)


def _distinct(addresses: Bytes) -> tuple[Bytes, Index]:
    """The distinct rows in the order of their first appearance, and the number of each row among them.

    They are told apart by a hash. Should two share one, every address is a row of its own: slower to ask, not wrong.
    """
    hashes = addresses.view(np.uint32).astype(np.uint64) @ _ODD
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))  # an address mostly comes several times in a row
    _, first, place_of = np.unique(hashes[starts], return_index=True, return_inverse=True)
    order = np.argsort(first)
    number_of = np.empty_like(order)
    number_of[order] = np.arange(len(order))
    rows = addresses[starts[first[order]]]
    row_of = np.repeat(number_of[place_of], np.diff(starts, append=len(hashes)))
    return (rows, row_of) if np.array_equal(rows[row_of], addresses) else (addresses, np.arange(len(addresses)))


def _token(instrument: Instrument, native: Instrument) -> bytes | None:
    """None: not to be asked of the reader, because it is no token or would mean something else there."""
    if instrument == native:
        return NATIVE
    if not instrument.startswith(TOKEN_PREFIX + "0x"):
        return None
    contract = bytes.fromhex(instrument.removeprefix(TOKEN_PREFIX + "0x"))
    return None if contract == NATIVE or contract == bytes.fromhex(READER[2:]) else contract
