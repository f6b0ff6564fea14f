"""Every kernel against a slow and obvious implementation in whole numbers."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import pytest
from blake3 import blake3 as one_blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities.stark import constraints, domain, field
from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark.barycentric import Lagrange, weighted_sums
from indexer.liabilities.stark.extension import DEGREE, Ext, W
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import digest
from indexer.liabilities.stark.kernels import blake3, combine, folding, ntt, scalar
from indexer.liabilities.stark.kernels.compiled import compiled, matrix
from indexer.liabilities.stark.params import BLOWUP, Layout
from indexer.liabilities.stark.prover.fixed import cosets
from indexer.liabilities.stark.prover.grind import grind
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.transcript import Transcript
from tests.stark import kit

elements = st.integers(0, P - 1)
extensions = st.tuples(*[elements] * DEGREE)
fast = settings(max_examples=60, deadline=None)


def slow_mul(a: Ext, b: Ext) -> Ext:
    """Polynomials modulo X^5 - 2."""
    product = [0] * 9
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return ext.element([(product[k] + W * (product[k + 5] if k < 4 else 0)) % P for k in range(5)])


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50))
@fast
def test_reduce(values: list[int]) -> None:
    assert field.reduce(np.array(values, np.uint64)).tolist() == [value % P for value in values]


@given(st.lists(st.integers(1, P - 1), min_size=1, max_size=70))
@fast
def test_inverses(values: list[int]) -> None:
    inverses = [pow(value, -1, P) for value in values]
    assert field.batch_inverse(np.array(values, np.uint64)).tolist() == inverses
    found = scalar.batch_inverse(scalar.montgomery(values))
    assert found.tolist() == scalar.montgomery(inverses).tolist()


@given(elements, elements, st.integers(1, 40))
@fast
def test_powers(base: int, first: int, count: int) -> None:
    assert field.powers(base, count, first).tolist() == [first * pow(base, k, P) % P for k in range(count)]


def test_roots_of_unity() -> None:
    for log in range(field.TWO_ADICITY + 1):
        root = field.root_of_unity(log)
        assert pow(root, 1 << log, P) == 1
        assert log == 0 or pow(root, 1 << (log - 1), P) == P - 1


def test_x5_minus_2_is_irreducible() -> None:
    """2 has order a multiple of 5's full power in the group modulo fifth powers: no root, so no factor (degree 5)."""
    assert (P - 1) % DEGREE == 0
    assert pow(W, (P - 1) // DEGREE, P) != 1


@given(extensions, extensions)
@fast
def test_extension_arithmetic(a: Ext, b: Ext) -> None:
    assert ext.mul(a, b) == slow_mul(a, b)
    assert ext.sub(ext.add(a, b), b) == a
    assert ext.power(a, P) == ext.frobenius(a)
    if any(b):
        assert ext.mul(ext.mul(a, b), ext.inverse(b)) == a
    many = ext.mul_many(ext.array([a, b]), ext.array([b, b]))
    assert [ext.element(each) for each in many] == [slow_mul(a, b), slow_mul(b, b)]
    out = np.empty(5, np.uint32)
    scalar.mul_ext(np.array(a, np.uint32), scalar.montgomery_ext([b])[0], out)
    assert ext.element(out) == slow_mul(a, b)


@given(st.lists(extensions, min_size=1, max_size=9))
@fast
def test_products_and_powers(values: list[Ext]) -> None:
    owed = ext.ONE
    for value in values:
        owed = slow_mul(owed, value)
    assert ext.product(ext.array(values)) == owed
    assert ext.powers(values[0], 4)[3] == slow_mul(slow_mul(values[0], values[0]), values[0])


@given(extensions.filter(lambda z: any(z[1:])), st.lists(elements, min_size=1, max_size=20))
@fast
def test_inverse_differences(z: Ext, points: list[int]) -> None:
    owed = [ext.inverse(ext.sub(ext.embed(x), z)) for x in points]
    found = ext.inverse_differences(np.array(points, np.uint64), z)
    assert [ext.element(each) for each in found] == owed
    norm, quotient = ext.minimal(z)
    out = np.empty((len(points), 5), np.uint32)
    scalar.inverse_differences(scalar.montgomery(points), scalar.montgomery(norm), scalar.montgomery_ext(quotient), out)
    assert out.tolist() == scalar.montgomery_ext(owed).tolist()


@pytest.mark.parametrize("log", [1, 2, 3, 4, 5, 8])
def test_transforms(log: int) -> None:
    chance, rows, columns = np.random.default_rng(log), 1 << log, 19
    source, target, back = matrix(rows, columns), matrix(rows, columns), matrix(rows, columns)
    source[:, :columns] = chance.integers(0, P, (rows, columns))
    source[0, :columns] = P - 1
    scales = chance.integers(1, P, rows, dtype=np.uint64)
    ntt.transform(source, target, columns=columns, before=scalar.montgomery(scales))
    root = field.root_of_unity(log)
    for k in (0, 1, rows - 1):
        for c in (0, columns - 1):
            terms = (int(scales[i]) * int(source[i, c]) * pow(root, i * k, P) for i in range(rows))
            assert int(target[k, c]) == sum(terms) % P
    after = scalar.montgomery([pow(int(each) * rows, -1, P) for each in scales])
    ntt.inverse_transform(target, back, columns=columns, after=after)
    assert (back == source).all()
    ntt.transform(source, source, columns=columns)  # in place
    assert (source[:, columns:] == 0).all()


@given(st.integers(0, 5_000), st.integers(1, 35), st.binary(min_size=32, max_size=32))
@settings(max_examples=40, deadline=None)
def test_hashes(size: int, rows: int, key: bytes) -> None:
    data = np.zeros((rows, (size + 3) // 4 * 4 + 4), np.uint8)
    data[:, :size] = np.frombuffer(random.Random(size).randbytes(rows * size), np.uint8).reshape(rows, size)
    found = blake3.hash_rows(key, data.view(np.uint32), size)
    assert [each.tobytes() for each in found] == [one_blake3(row[:size].tobytes(), key=key).digest() for row in data]


def test_trees() -> None:
    leaves = np.arange(64 * 8, dtype=np.uint32).reshape(64, 8)
    levels = blake3.merkle_levels(leaves, 4)
    assert [len(level) for level in levels] == [64, 32, 16, 8, 4]
    for below, above in pairwise(levels):
        for at, node in enumerate(above):
            assert node.tobytes() == digest("node", below[2 * at].tobytes() + below[2 * at + 1].tobytes())


def test_weighted_sums() -> None:
    chance = np.random.default_rng(5)
    rows = matrix(37, 40)
    rows[:] = chance.integers(0, P, rows.shape)
    by_column, by_row = (chance.integers(0, P, (count, 5), dtype=np.uint64) for count in (33, 37))
    out = np.full((37, 5), P - 1, np.uint32)
    combine.over_columns(rows, scalar.montgomery(by_column), out)
    whole = [[int(cell) for cell in row] for row in rows]
    assert out.tolist() == [
        [(P - 1 + sum(row[j] * int(by_column[j, k]) for j in range(33))) % P for k in range(5)] for row in whole
    ]
    found = combine.over_rows(rows, scalar.montgomery(by_row), first=4)
    owed = [
        [sum(int(by_row[i, k]) * whole[(i + 4) % 37][j] for i in range(37)) % P for k in range(5)] for j in range(48)
    ]
    assert found.tolist() == owed
    values = rows[:3].astype(np.uint64)
    assert weighted_sums(values[:, :33], by_column).tolist() == [
        [sum(whole[i][j] * int(by_column[j, k]) for j in range(33)) % P for k in range(5)] for i in range(3)
    ]


def test_lagrange_is_horner() -> None:
    params = kit.TINY
    chance = np.random.default_rng(6)
    coefficients = chance.integers(0, P, params.rows)
    z = ext.element(chance.integers(0, P, 5))
    values = matrix(params.rows, 1)
    values[:, 0] = coefficients
    ntt.transform(values, values, columns=1)
    owed = ext.ZERO
    for each in reversed(coefficients.tolist()):
        owed = ext.add(ext.mul(owed, z), ext.embed(each))
    assert Lagrange(params, z).base(values[:, 0].astype(np.uint64)) == owed
    fives = np.zeros((params.rows, 5), np.uint64)
    fives[:, 3] = values[:, 0]
    assert Lagrange(params, z).extension(fives) == ext.mul(owed, (0, 0, 0, 1, 0))


@pytest.mark.parametrize("assets", [1, 2, 3])
def test_the_quotient_on_cosets_is_the_quotient_at_a_point(assets: int) -> None:
    """The compiled constraints and the verifier's: the prover's polynomial, evaluated at a point by Horner."""
    users = kit.population(kit.TINY, users=100, assets=assets)
    stated = kit.statement(kit.TINY, users)

    class Watched(SegmentProver):
        def quotient(self, beta: Ext, mix: Ext) -> Words:
            self.drawn, self.coefficients = (beta, mix), super().quotient(beta, mix)
            return self.coefficients

        def openings(self, z: Ext) -> Words:
            self.z, self.opened = z, super().openings(z)
            return self.opened

    prover = Watched(stated, 0, users, kit.SEED)
    prover.prove()
    layout, z = stated.layout, prover.z
    values = [ext.element(each) for each in prover.opened]
    at_z = constraints.opened(layout, values[: layout.columns], values[layout.columns :])
    beta, mix = prover.drawn
    owed = constraints.quotient_at(layout, Lagrange(kit.TINY, z), z, at_z, beta=beta, mix=mix)
    found = ext.ZERO
    for each in reversed(prover.coefficients[:, :DEGREE]):
        found = ext.add(ext.mul(found, z), ext.element(each))
    assert found == owed
    top = BLOWUP * kit.TINY.parts_degree
    assert not prover.coefficients[top:].any(), "the parts hold all of it"
    assert any(prover.coefficients[3 * kit.TINY.rows - 10 :, 0]), "of the degree the parameters leave room for"


def test_what_vanishes_on_the_mask_rows() -> None:
    params = kit.TINY
    z, owed = (5, 4, 3, 2, 1), ext.ONE
    root = field.root_of_unity(params.log_rows)
    for row in range(params.active_rows, params.rows):
        owed = slow_mul(owed, ext.sub(z, ext.embed(pow(root, row, P))))
    assert constraints.inactive(params, z) == owed


def test_folding_is_the_definition() -> None:
    """f(x) = sum x^k f_k(x^8) folds to sum lambda^k f_k: coefficients, evaluated."""
    params, chance = kit.TINY, np.random.default_rng(7)
    coset = cosets(params)[1]
    coefficients = chance.integers(0, P, (params.rows, 5)).astype(np.uint64)
    challenge = ext.element(chance.integers(0, P, 5))
    points = domain.points(params, np.arange(params.rows, 2 * params.rows, dtype=np.uint64))
    values = ext.horner([ext.element(each) for each in coefficients], points)
    word = np.ascontiguousarray(values.T.astype(np.uint32))
    constant = challenge
    for level in range(3):
        word = folding.fold_half(word, coset.halves[level], scalar.montgomery_ext([constant]))
        constant = ext.mul(constant, constant)
    folded = [ext.ZERO] * (params.rows // 8)
    for k, power in enumerate(ext.powers(challenge, 8)):
        for at in range(len(folded)):
            folded[at] = ext.add(folded[at], ext.mul(power, ext.element(coefficients[8 * at + k])))
    for j in (0, 1, params.rows // 8 - 1):
        owed = ext.horner(folded, np.array([pow(int(points[j]), 8, P)], np.uint64))[0]
        assert word[:, j].tolist() == owed.tolist()


def test_points_lie_outside_the_trace() -> None:
    leaves = np.arange(4 * kit.TINY.rows, dtype=np.uint64)
    points = set(domain.points(kit.TINY, leaves).tolist())
    assert len(points) == 4 * kit.TINY.rows
    assert all(pow(x, kit.TINY.rows, P) != 1 for x in points)


def test_code_is_compiled_where_there_is_no_place_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    true: Any = numba.njit

    def nowhere(*, cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return true(**options)

    monkeypatch.setattr(numba, "njit", nowhere)
    assert compiled(_double)(21) == 42


def _double(value: int) -> int:
    return value + value


def test_grinding_finds_the_least_nonce() -> None:
    transcript = Transcript("test", bytes(32), 0)
    found = grind(transcript, 8)
    assert [nonce for nonce in range(found + 1) if transcript.worked(nonce, 8)] == [found]


def test_layouts_place_every_column_once() -> None:
    for assets in (1, 2, 22, 100):
        layout = Layout(kit.TEST, assets)
        assert layout.limbs <= 3 * layout.groups < layout.limbs + 3
        assert layout.base == layout.fri_mask + 5
        assert layout.lookup == layout.running + 5 == layout.table + 10
