"""Poseidon over the Goldilocks field, as plonky2 uses it: width 12, rate 8, x^7, 4 + 22 + 4 rounds.

The 360 round constants are not a table: plonky2 drew them from ChaCha8 seeded with 0 (``rand`` 0.8:
``seed_from_u64``, then ``gen_range(0..p)`` by widening multiplication), and this module draws them again. The MDS
matrix is the circulant below plus 8 at (0, 0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

P = 2**64 - 2**32 + 1
WIDTH, RATE, FULL_HALF, PARTIAL = 12, 8, 4, 22
_MDS_CIRCULANT = (17, 15, 41, 16, 2, 28, 13, 13, 39, 18, 34, 20)
_MDS_CORNER = 8
_U32, _U64 = 2**32 - 1, 2**64 - 1

Hash4 = tuple[int, int, int, int]


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 12 canonical field elements."""
    assert len(state) == WIDTH
    constants = _round_constants()
    words = list(state)
    for round_no, row in enumerate(constants):
        words = [word + constant for word, constant in zip(words, row, strict=True)]
        if FULL_HALF <= round_no < FULL_HALF + PARTIAL:
            words[0] = pow(words[0], 7, P)
        else:
            words = [pow(word, 7, P) for word in words]
        words = _mix(words)
    return words


def hash_no_pad(elements: Sequence[int]) -> Hash4:
    """plonky2's ``hash_no_pad``: an overwriting sponge without padding; ``elements`` are canonical (< P)."""
    assert all(0 <= element < P for element in elements)
    state = [0] * WIDTH
    for start in range(0, len(elements), RATE):
        chunk = elements[start : start + RATE]
        state[: len(chunk)] = chunk
        state = permute(state)
    return state[0], state[1], state[2], state[3]


def two_to_one(left: Hash4, right: Hash4) -> Hash4:
    """Two hashes into one: eight elements fill the rate exactly, so this is also ``hash_no_pad(left + right)``."""
    return hash_no_pad(left + right)


def _mix(words: list[int]) -> list[int]:
    doubled = words + words
    mixed = [
        sum(factor * word for factor, word in zip(_MDS_CIRCULANT, doubled[row : row + WIDTH], strict=True)) % P
        for row in range(WIDTH)
    ]
    mixed[0] = (mixed[0] + _MDS_CORNER * words[0]) % P
    return mixed


@cache
def _round_constants() -> tuple[tuple[int, ...], ...]:
    draws = _below_p(_chacha8_words(_key_from_seed(0)))
    return tuple(tuple(next(draws) for _ in range(WIDTH)) for _ in range(2 * FULL_HALF + PARTIAL))


def _below_p(words: Iterator[int]) -> Iterator[int]:
    """``rand`` 0.8's uniform draw: the high half of word * P, redrawn where the low half would bias it."""
    while True:
        product = (next(words) | next(words) << 32) * P
        if product & _U64 < P:
            yield product >> 64


def _key_from_seed(seed: int) -> list[int]:
    """``rand_core``'s expansion of a 64-bit seed to a key: eight outputs of PCG32."""
    key = []
    for _ in range(8):
        seed = (seed * 6364136223846793005 + 11634580027462260723) & _U64
        key.append(_rotate_right((((seed >> 18) ^ seed) >> 27) & _U32, seed >> 59))
    return key


def _chacha8_words(key: list[int]) -> Iterator[int]:
    block_no = 0
    while True:
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *key, block_no & _U32, block_no >> 32, 0, 0]
        words = list(start)
        for _ in range(4):
            for column in range(4):
                _quarter_round(words, column, 4 + column, 8 + column, 12 + column)
            for column in range(4):
                _quarter_round(words, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
        yield from ((word + first) & _U32 for word, first in zip(words, start, strict=True))
        block_no += 1


def _quarter_round(words: list[int], a: int, b: int, c: int, d: int) -> None:
    for to, addend, turned, left in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        words[to] = (words[to] + words[addend]) & _U32
        words[turned] = _rotate_right(words[turned] ^ words[to], 32 - left)


def _rotate_right(word: int, count: int) -> int:
    return ((word >> count) | (word << (32 - count))) & _U32
