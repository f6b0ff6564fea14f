"""Poseidon over the scalar field of BN254 (x^5, 8 full rounds): zkmerkle's hash (a fork of gnark-crypto) and Summa's
(halo2).

One permutation, two sponges; constants come from the paper's Grain LFSR (``grain``), never from a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from indexer.liabilities.grain import Matrix, parameters

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
FULL = 8
MAX_CHUNK = 12  # zkmerkle: longer inputs become a chain of permutations of width 13
# Partial rounds by width, from the authors' calc_round_numbers script, rounded up to a multiple of the width where
# that is how it was published.
PARTIAL = {2: 56, 3: 57, 4: 56, 5: 60, 6: 60, 7: 63, 8: 64, 9: 63, 10: 60, 11: 66, 12: 60, 13: 65}


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 2 to 13 field elements."""
    constants, matrix = _instance(len(state))
    half, partial = FULL // 2, PARTIAL[len(state)]
    words = list(state)
    for round_no, row in enumerate(constants):
        words = [word + constant for word, constant in zip(words, row, strict=True)]
        if half <= round_no < half + partial:
            words[0] = pow(words[0], 5, R)
        else:
            words = [pow(word, 5, R) for word in words]
        words = [sum(factor * word for factor, word in zip(line, words, strict=True)) % R for line in matrix]
    return words


def poseidon(elements: Sequence[int], *, word: int = 1) -> int:
    """zkmerkle's hash of one or more elements: chunks of 12 behind a capacity word that starts at 0.

    As in the published Go code, only word 0 is carried from chunk to chunk (the rest is overwritten). The digest is
    word 1 of the last state in the code's later releases; in the first it was word 0, which is also circom's.
    """
    assert elements
    assert all(0 <= element < R for element in elements)
    state = [0]
    for start in range(0, len(elements), MAX_CHUNK):
        state = permute([state[0], *elements[start : start + MAX_CHUNK]])
    return state[word]


def poseidon_constant_length(elements: Sequence[int]) -> int:
    """halo2's sponge of width 2, rate 1, ``ConstantLength``: the capacity word, last, starts as length * 2^64."""
    assert elements
    assert all(0 <= element < R for element in elements)
    state = [0, len(elements) << 64]
    for element in elements:
        state = permute([(state[0] + element) % R, state[1]])
    return state[0]


@cache
def _instance(width: int) -> tuple[tuple[tuple[int, ...], ...], Matrix]:
    partial = PARTIAL[width]
    constants, matrix = parameters(prime=R, width=width, full=FULL, partial=partial)
    rows = tuple(constants[at : at + width] for at in range(0, len(constants), width))
    return rows, matrix
