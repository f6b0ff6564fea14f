"""A matrix of columns as polynomials, evaluated on the four cosets, salted, and hashed into a tree of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexer.liabilities.stark.encoding import Bytes
from indexer.liabilities.stark.field import Words
from indexer.liabilities.stark.hashing import DIGEST_BYTES, purpose_key
from indexer.liabilities.stark.kernels import blake3, ntt
from indexer.liabilities.stark.kernels.compiled import matrix, padded
from indexer.liabilities.stark.params import BLOWUP, SALT_WORDS, Parameters
from indexer.liabilities.stark.prover.chance import Chance
from indexer.liabilities.stark.prover.fixed import cosets


@dataclass(frozen=True, slots=True)
class Commitment:
    """``rows`` [4 n, width and salt, padded] in the order of `domain`; ``levels`` of the tree, up to its cap."""

    rows: Words
    width: int
    levels: list[Words]

    @property
    def cap(self) -> Bytes:
        return digests(self.levels[-1])

    def coset(self, number: int) -> Words:
        count = len(self.rows) // BLOWUP
        return self.rows[number * count : (number + 1) * count]

    def opened(self, leaves: list[int]) -> tuple[Words, Bytes]:
        """The rows with their salts, and their siblings."""
        return np.ascontiguousarray(self.rows[leaves, : self.width + SALT_WORDS]), paths(self.levels, leaves)


def commit_values(params: Parameters, trace: Words, width: int, chance: Chance, purpose: str) -> Commitment:
    """Columns by their values on the trace's domain; uses the trace up."""
    ntt.inverse_transform(trace, trace, columns=width)
    return commit_coefficients(params, trace, width, chance, purpose)


def commit_coefficients(params: Parameters, columns: Words, width: int, chance: Chance, purpose: str) -> Commitment:
    rows = matrix(params.rows * BLOWUP, width + SALT_WORDS)
    salts = chance.words(f"{purpose} salts", len(rows), SALT_WORDS)
    wide = columns.shape[1] == rows.shape[1]
    source = columns if wide else _widened(columns, rows.shape[1])
    for number, coset in enumerate(cosets(params)):
        target = rows[number * params.rows : (number + 1) * params.rows]
        ntt.transform(source, target, columns=width, before=coset.shifts)
    rows[:, width : width + SALT_WORDS] = salts
    leaves = blake3.hash_rows(purpose_key("row"), rows, 4 * (width + SALT_WORDS))
    return Commitment(rows, width, blake3.merkle_levels(leaves, 1 << params.cap_bits))


def _widened(columns: Words, width: int) -> Words:
    wide = matrix(len(columns), width)
    wide[:, : columns.shape[1]] = columns
    return wide


def trace_matrix(params: Parameters, width: int) -> Words:
    """Zeros, as wide as what it becomes."""
    return matrix(params.rows, padded(width + SALT_WORDS))


def digests(nodes: Words) -> Bytes:
    """[count, 8] words -> [count, 32] bytes."""
    return np.frombuffer(nodes.astype("<u4").tobytes(), np.uint8).reshape(-1, DIGEST_BYTES)


def paths(levels: list[Words], leaves: list[int]) -> Bytes:
    """[leaves, siblings, 32]."""
    index = np.array(leaves)
    beside = [level[(index >> at) ^ 1] for at, level in enumerate(levels[:-1])]
    if not beside:
        return np.empty((len(leaves), 0, DIGEST_BYTES), np.uint8)
    nodes = np.ascontiguousarray(np.stack(beside, axis=1)).astype("<u4")
    return np.frombuffer(nodes.tobytes(), np.uint8).reshape(len(leaves), len(beside), DIGEST_BYTES)
