"""Poseidon over the scalar field of BN254 (x^5, 8 full rounds): zkmerkle's hash (a fork of gnark-crypto) and Summa's
(halo2).

One permutation, two sponges; constants come from the paper's Grain LFSR (``grain``), never from a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from indexer.liabilities.grain import Matrix, inverse, parameters

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
FULL = 8
MAX_CHUNK = 12  # zkmerkle: longer inputs become a chain of permutations of width 13
# Partial rounds by width, from the authors' calc_round_numbers script, rounded up to a multiple of the width where
# that is how it was published.
PARTIAL = {2: 56, 3: 57, 4: 56, 5: 60, 6: 60, 7: 63, 8: 64, 9: 63, 10: 60, 11: 66, 12: 60, 13: 65}


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 2 to 13 field elements."""
    instance = _instance(len(state))
    words = list(state)
    for row in instance.first:
        words = _times(instance.matrix, [pow(word + constant, 5, R) for word, constant in zip(words, row, strict=True)])
    for row, sparse in zip(instance.partial, instance.sparse, strict=True):
        head, *rest = (word + constant for word, constant in zip(words, row, strict=True))
        head = pow(head, 5, R)
        first = sparse.corner * head + sum(factor * word for factor, word in zip(sparse.row, rest, strict=True))
        words = [first % R, *((word + factor * head) % R for factor, word in zip(sparse.column, rest, strict=True))]
    words = [words[0], *_times(instance.dense, words[1:])]
    for row in instance.last:
        words = _times(instance.matrix, [pow(word + constant, 5, R) for word, constant in zip(words, row, strict=True)])
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


class _Sparse(NamedTuple):
    """A matrix that is the identity but for its first row (corner, row) and first column (corner, column)."""

    corner: int
    row: Sequence[int]
    column: Sequence[int]


class _Instance(NamedTuple):
    """One width, its partial rounds factored: sparse matrices in them, a dense one (words 1 on) after."""

    matrix: Matrix
    first: list[Sequence[int]]
    partial: list[list[int]]
    sparse: list[_Sparse]
    dense: Matrix
    last: list[Sequence[int]]


@cache
def _instance(width: int) -> _Instance:
    """Appendix B of the paper: a matrix that leaves word 0 alone commutes with a partial round's S-box.

    Each round's matrix is split into such a one times a sparse one, and the former is handed on to the next round.
    """
    constants, matrix = parameters(prime=R, width=width, full=FULL, partial=PARTIAL[width])
    rows: list[Sequence[int]] = [constants[at : at + width] for at in range(0, len(constants), width)]
    half = FULL // 2
    dense: Matrix = tuple(tuple(int(row == column) for column in range(1, width)) for row in range(1, width))
    undone = dense
    partial, sparse = [], []
    for row in rows[half:-half]:
        partial.append([row[0], *_times(undone, row[1:])])
        handed = [[line[0], *_times(tuple(zip(*dense, strict=True)), line[1:])] for line in matrix]
        dense = tuple(tuple(line[1:]) for line in handed[1:])
        undone = inverse(dense, prime=R)
        sparse.append(_Sparse(handed[0][0], handed[0][1:], _times(undone, [line[0] for line in handed[1:]])))
    return _Instance(matrix, rows[:half], partial, sparse, dense, rows[-half:])


def _times(matrix: Matrix, words: Sequence[int]) -> list[int]:
    return [sum(factor * word for factor, word in zip(line, words, strict=True)) % R for line in matrix]
