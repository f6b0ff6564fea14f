"""What is true can be proven: populations of all shapes, totals exact against whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities.stark.encoding import encoded_bytes
from indexer.liabilities.stark.errors import Malformed
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.user import check_user
from indexer.liabilities.stark.verifier import verify_segment
from tests.stark import kit


@given(users=st.integers(1, kit.TINY.active_rows), assets=st.integers(1, 8), seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_random_populations(users: int, assets: int, seed: int) -> None:
    population = kit.population(kit.TINY, users=users, assets=assets, seed=seed)
    stated, data = kit.prove(kit.TINY, population, seed=seed.to_bytes(32, "little"))
    assert verify_segment(stated, 0, data) == kit.totals(population)
    assert len(data) == encoded_bytes(stated.layout)


@pytest.mark.parametrize("assets", [1, 2, 3, 100])
@pytest.mark.parametrize("balance", [0, 1, kit.TEST.limb_max, kit.TEST.limb_end, kit.TEST.balance_end - 1])
def test_a_segment_full_of_one_balance(assets: int, balance: int) -> None:
    users = kit.users_of(np.full((kit.TEST.active_rows, assets), balance, np.uint64))
    stated, data = kit.prove(kit.TEST, users)
    assert verify_segment(stated, 0, data) == (balance * kit.TEST.active_rows,) * assets


def test_what_a_segment_cannot_hold_is_refused() -> None:
    full = kit.population(kit.TINY, users=kit.TINY.active_rows, assets=1)
    stated = kit.statement(kit.TINY, full)
    beyond = kit.users_of(np.full((1, 1), kit.TINY.balance_end, np.uint64))
    many = kit.users_of(np.zeros((kit.TINY.active_rows + 1, 1), np.uint64))
    for users in (beyond, many, kit.users_of(np.zeros((1, 2), np.uint64)), kit.users_of(np.zeros((0, 1), np.uint64))):
        with pytest.raises(Malformed):
            SegmentProver(stated, 0, users, kit.SEED)


def test_the_same_seed_makes_the_same_bytes() -> None:
    users = kit.population(kit.TINY, users=20, assets=2)
    assert kit.prove(kit.TINY, users) == kit.prove(kit.TINY, users)


def test_a_segment_of_the_product() -> None:
    """The pinned parameters, a segment exactly full, the largest balances."""
    users = kit.population(PRODUCT, users=PRODUCT.active_rows, assets=2)
    users.balances[-1] = PRODUCT.balance_end - 1
    stated = kit.statement(PRODUCT, users)
    prover = SegmentProver(stated, 0, users, kit.SEED)
    data = prover.prove()
    assert verify_segment(stated, 0, data) == kit.totals(users)
    for slot in (0, 1, PRODUCT.active_rows - 1):
        check_user(stated, data, kit.inclusion(prover, slot))


def test_parameters_that_do_not_fit_together_are_refused() -> None:
    sound = {name: getattr(PRODUCT, name) for name in PRODUCT.__slots__}
    for wrong in (
        {"limb_bits": 16},  # a sum of limbs could wrap
        {"log_rows": 14},  # fewer rows than the table
        {"mask_rows": 128},  # fewer masks than openings
        {"quotient_masks": 100},
        {"mask_rows": 60_000},
        {"quotient_masks": 30_000},  # parts too short for the quotient
        {"fri_layers": 5},
        {"cap_bits": 12},
        {"limbs": 5},
    ):
        with pytest.raises(ValueError, match="do not fit together"):
            Parameters(**(sound | wrong))


@given(users=st.integers(1, 2_000_000))
@settings(max_examples=200, deadline=None)
def test_users_are_dealt_evenly(users: int) -> None:
    """No segment is left with a few users whose sums would be all but their balances."""
    stated = Statement(PRODUCT, "s", kit.assets(1), users, (0,))
    counts = [stated.users_in(segment) for segment in range(stated.segments)]
    assert sum(counts) == users
    assert 0 < max(counts) <= PRODUCT.active_rows
    assert max(counts) - min(counts) <= 1
    assert stated.segments == 1 or min(counts) >= PRODUCT.active_rows // 2
    for segment in {0, stated.segments // 2, stated.segments - 1}:
        first = stated.first_user(segment)
        assert stated.place_of(first) == (segment, 0)
        assert stated.place_of(first + counts[segment] - 1) == (segment, counts[segment] - 1)
