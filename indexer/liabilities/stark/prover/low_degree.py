"""Openings at z, the mixed word, and its folding by FRI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark import field
from indexer.liabilities.stark.encoding import Bytes
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import purpose_key
from indexer.liabilities.stark.kernels import blake3, combine, folding, ntt, scalar
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.params import ARITY, ARITY_BITS, BLOWUP, Layout, Parameters
from indexer.liabilities.stark.prover.commit import Commitment, digests, paths
from indexer.liabilities.stark.prover.fixed import Coset, cosets
from indexer.liabilities.stark.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Layer:
    """Eight values a leaf, [4 m, 40]."""

    leaves: Words
    levels: list[Words]

    @property
    def cap(self) -> Bytes:
        return digests(self.levels[-1])

    def opened(self, params: Parameters, queries: list[int]) -> tuple[Words, Bytes]:
        """The leaves above the queries' rows, and their siblings."""
        size = len(self.leaves) // BLOWUP
        index = [(leaf >> params.log_rows) * size + leaf % size for leaf in queries]
        return self.leaves[index], paths(self.levels, index)


@dataclass(frozen=True, slots=True)
class Folded:
    layers: list[Layer]
    final: Words  # [final_terms, 5], lowest first


def openings(layout: Layout, commitments: Sequence[Commitment], z: Ext) -> Words:
    """f(z) = (z^n - s^n)/(n s^n) sum_i x_i/(z - x_i) f(x_i) on the coset s H; f(g z) has f(g x_i) in its place."""
    coset, rows = cosets(layout.params)[0], layout.params.rows
    weights = _inverses(coset, z)
    for i in range(DEGREE):
        weights[:, i] = _times(weights[:, i], coset.x)
    moved = pow(coset.shift, rows, P)
    scale = ext.scale(ext.sub(ext.embed(moved), ext.power(z, rows)), field.inverse(rows * moved))
    at = layout.running
    running = matrix(rows, DEGREE)
    running[:, :DEGREE] = commitments[1].coset(0)[:, at : at + DEGREE]
    sums = [combine.over_rows(each.coset(0), weights)[: each.width] for each in commitments]
    sums.append(combine.over_rows(running, weights, first=1)[:DEGREE])
    return np.array([ext.mul(scale, ext.element(each)) for each in np.concatenate(sums)], np.uint32)


def mixed(layout: Layout, commitments: Sequence[Commitment], z: Ext, opened: Words, gamma: Ext) -> list[Words]:
    """What `verifier._mix` is at the queries, on every coset: [5, rows]."""
    params, split, at = layout.params, layout.columns, layout.running
    back = field.inverse(field.root_of_unity(params.log_rows))
    powers = ext.powers(gamma, split + DEGREE)
    here_weights = scalar.montgomery_ext(powers[:split])
    there_powers = [ext.scale(each, back) for each in powers[split:]]
    there_weights = np.zeros((at + DEGREE, DEGREE), np.uint32)
    there_weights[at:] = scalar.montgomery_ext(there_powers)
    here_at, there_at = _opened(opened[:split], powers[:split]), _opened(opened[split:], there_powers)
    word = []
    for number, coset in enumerate(cosets(params)):
        here, there = np.zeros((params.rows, DEGREE), np.uint32), np.zeros((params.rows, DEGREE), np.uint32)
        first = 0
        for each in commitments:
            combine.over_columns(each.coset(number), here_weights[first : first + each.width], here)
            first += each.width
        combine.over_columns(commitments[1].coset(number), there_weights, there)
        out = np.empty((DEGREE, params.rows), np.uint32)
        folding.deep(here, here_at, there, there_at, _inverses(coset, z), out)
        word.append(out)
    return word


def fold(params: Parameters, word: list[Words], transcript: Transcript) -> Folded:
    """Absorbs each layer, and the final polynomial."""
    layers: list[Layer] = []
    for number in range(params.fri_layers):
        layers.append(commit_layer(params, word))
        transcript.absorb("fri", layers[-1].cap.tobytes())
        word = fold_layer(params, word, number, transcript.challenge("fold"))
    final = final_polynomial(params, word)
    transcript.absorb("final", final.tobytes())
    return Folded(layers, final)


def fold_layer(params: Parameters, word: list[Words], number: int, challenge: Ext) -> list[Words]:
    """Eight values to one, in three steps."""
    for level in range(ARITY_BITS * number, ARITY_BITS * (number + 1)):
        constant = scalar.montgomery_ext([challenge])
        halves = [coset.halves[level] for coset in cosets(params)]
        word = [folding.fold_half(each, half, constant) for each, half in zip(word, halves, strict=True)]
        challenge = ext.mul(challenge, challenge)
    return word


def commit_layer(params: Parameters, word: list[Words]) -> Layer:
    size = word[0].shape[1] // ARITY
    leaves = np.empty((BLOWUP * size, ARITY * DEGREE), np.uint32)
    for number, each in enumerate(word):
        folding.leaves_of_eight(each, leaves[number * size : (number + 1) * size])
    hashed = blake3.hash_rows(purpose_key("fri"), leaves, 4 * ARITY * DEGREE)
    return Layer(leaves, blake3.merkle_levels(hashed, 1 << params.cap_bits))


def final_polynomial(params: Parameters, word: list[Words]) -> Words:
    size = word[0].shape[1]
    values = matrix(BLOWUP * size, DEGREE)
    for number, each in enumerate(word):
        values[number::BLOWUP, :DEGREE] = each.T
    interpolate(values, DEGREE, pow(cosets(params)[0].shift, params.rows // size, P))
    return np.ascontiguousarray(values[:size, :DEGREE])


def interpolate(values: Words, columns: int, shift: int) -> None:
    """Values at shift * w^i in natural order become coefficients, in place."""
    count = len(values)
    ntt.inverse_transform(
        values, values, columns=columns, after=ntt.powers(field.inverse(shift), count, field.inverse(count))
    )


def _inverses(coset: Coset, z: Ext) -> Words:
    """1/(x - z), Montgomery form."""
    norm, quotient = ext.minimal(z)
    out = np.empty((coset.x.size, DEGREE), np.uint32)
    scalar.inverse_differences(coset.x, scalar.montgomery(norm), scalar.montgomery_ext(quotient), out)
    return out


def _times(a: Words, b: Words) -> Words:
    """Both in Montgomery form, and the product."""
    return scalar.multiply(np.ascontiguousarray(a), b)


def _opened(values: Words, weights: list[Ext]) -> Words:
    total = ext.ZERO
    for value, weight in zip(values, weights, strict=True):
        total = ext.add(total, ext.mul(ext.element(value), weight))
    return np.array(total, np.uint32)
