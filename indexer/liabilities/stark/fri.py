"""FRI's verifier: the mixed word is close to a polynomial of degree below n. All queries at once.

Each layer folds eight values to one: with f(x) = sum x^k f_k(x^8), k < 8, the next word is sum lambda^k f_k, which
three foldings of two do with lambda, lambda^2, lambda^4:  (f(x) + f(-x))/2 + lambda (f(x) - f(-x))/(2x)  at x^2.
Source: Ben-Sasson, Bentov, Horesh, Riabzev, ICALP 2018.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark import field
from indexer.liabilities.stark.encoding import SegmentProof
from indexer.liabilities.stark.errors import require
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import Elements, P
from indexer.liabilities.stark.hashing import check_path, digest
from indexer.liabilities.stark.params import ARITY, ARITY_BITS, Layout

_HALF = np.uint64((P + 1) // 2)


def check(
    layout: Layout, proof: SegmentProof, *, leaves: Elements, x: Elements, values: Elements, folds: Sequence[Ext]
) -> None:
    """``values`` [queries, 5] of the mixed word at ``x``, the points of ``leaves``. Raises Refuted."""
    params = layout.params
    coset, row = leaves >> np.uint64(params.log_rows), leaves & np.uint64(params.rows - 1)
    size = params.rows
    for layer, fold in enumerate(folds):
        size >>= ARITY_BITS
        place, row = row // np.uint64(size), row % np.uint64(size)
        held = proof.fri_leaves[layer].astype(np.uint64).reshape(-1, ARITY, DEGREE)
        _check_leaves(layout, proof, layer, coset * np.uint64(size) + row)
        met = held[np.arange(len(held)), place]
        require(bool((met == values).all()), f"layer {layer} of FRI does not hold the values of the layer before")
        first = _first_of_eight(x, place)
        values, x = _fold_eight(held, first, fold)
    final = [ext.element(each) for each in proof.final]
    require(bool((ext.horner(final, x) == values).all()), "the last layer of FRI is not the final polynomial")


def _check_leaves(layout: Layout, proof: SegmentProof, layer: int, indexes: Elements) -> None:
    cap = [each.tobytes() for each in proof.fri_caps[layer]]
    for query, index in enumerate(indexes):
        leaf = digest("fri", proof.fri_leaves[layer][query].tobytes())
        siblings = [each.tobytes() for each in proof.fri_paths[layer][query]]
        check_path(cap, leaf, int(index), siblings, f"a leaf of layer {layer} of FRI")


def _first_of_eight(x: Elements, place: Elements) -> Elements:
    """The point of the leaf's first value: x is that of its ``place``-th, and they differ by eighth roots of 1."""
    back = field.powers(field.inverse(field.root_of_unity(ARITY_BITS)), ARITY)
    return field.reduce(x * back[place])


def _fold_eight(values: Elements, x: Elements, fold: Ext) -> tuple[Elements, Elements]:
    """[queries, 8, 5] at x * w8^k -> [queries, 5] at x^8."""
    points = field.reduce(x[:, None] * field.powers(field.root_of_unity(ARITY_BITS), ARITY)[None, :])
    while values.shape[1] > 1:
        half = values.shape[1] // 2
        low, high, points = values[:, :half], values[:, half:], points[:, :half]
        inverses = field.batch_inverse(points.reshape(-1)).reshape(points.shape)
        even = field.reduce(ext.add_many(low, high) * _HALF)
        odd = field.reduce(ext.sub_many(low, high) * field.reduce(inverses * _HALF)[:, :, None])
        values = ext.add_many(even, ext.mul_many(odd, np.array(fold, np.uint64)))
        points, fold = field.reduce(points * points), ext.mul(fold, fold)
    return values[:, 0], points[:, 0]
