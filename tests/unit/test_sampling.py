"""Sampling in proportion to value: what it chooses, and that the promised detection is real."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.core.sampling import detection_probability, draws_needed, floor_ppm, sample

CLAIMS = st.lists(st.one_of(st.just(0), st.integers(1, 10), st.integers(0, 2**256 - 1)), max_size=60)


@given(CLAIMS, st.integers(0, 70), st.integers(0, 50), st.text(max_size=8))
def test_what_is_chosen(values: list[int], top: int, draws: int, seed: str) -> None:
    chosen = sample(values, top=top, draws=draws, seed=seed)
    assert chosen == sample(values, top=top, draws=draws, seed=seed)
    worth = [index for index, value in enumerate(values) if value]
    assert len(chosen.top) == min(top, len(worth))
    assert [values[index] for index in chosen.top] == sorted((values[i] for i in worth), reverse=True)[:top]
    rest = set(worth) - set(chosen.top)
    assert set(chosen.drawn) <= rest
    assert list(chosen.drawn) == sorted(set(chosen.drawn))
    assert chosen.pool == sum(values[index] for index in rest)
    assert chosen.draws == (draws if rest else 0)
    assert bool(chosen.drawn) == bool(chosen.draws)


def test_the_sample_of_a_seed_is_the_same_for_ever() -> None:
    values = [n * n for n in range(1, 200)]
    assert sample(values, top=3, draws=8, seed="2026-11") == sample(values, top=3, draws=8, seed="2026-11")
    assert list(sample(values, top=3, draws=8, seed="2026-11").top) == [198, 197, 196]
    assert list(sample(values, top=3, draws=8, seed="2026-11").drawn) == [105, 118, 171, 175, 185, 187, 195]
    assert sample(values, top=3, draws=8, seed="2026-12").drawn != [105, 118, 171, 175, 185, 187, 195]


def test_draws_are_in_proportion_to_value() -> None:
    values = [5, 0, 15, 80]
    times: Counter[int] = Counter()
    rounds = 4_000
    for number in range(rounds):
        times.update(sample(values, top=0, draws=1, seed=f"round {number}").drawn)
    assert times[1] == 0
    for index, value in enumerate(values):
        expected = rounds * value // 100
        assert abs(times[index] - expected) <= 120  # more than four standard deviations


def test_the_promised_figures() -> None:
    assert detection_probability(pool=100, overstated=1, draws=300) == 1 - Fraction(99, 100) ** 300
    assert floor_ppm(detection_probability(pool=100, overstated=1, draws=300)) == 950_959
    assert floor_ppm(detection_probability(pool=1_000, overstated=1, draws=3_000)) == 950_287
    assert draws_needed(overstated_ppm=10_000, confidence_ppm=950_000) == 299
    assert draws_needed(overstated_ppm=1_000, confidence_ppm=950_000) == 2_995
    assert draws_needed(overstated_ppm=1_000_000, confidence_ppm=999_999) == 1
    assert floor_ppm(detection_probability(pool=10**30, overstated=1, draws=10)) == 0
    assert floor_ppm(detection_probability(pool=2, overstated=1, draws=64)) == 999_999


@pytest.mark.parametrize(
    ("pool", "overstated", "draws", "chance"),
    [(0, 0, 5, 0), (10, 0, 5, 0), (10, 10, 0, 0), (10, 10, 1, 1), (10, 5, 0, 0), (10, 11, 0, 1), (0, 1, 0, 1)],
)
def test_the_ends_of_the_formula(pool: int, overstated: int, draws: int, chance: int) -> None:
    assert detection_probability(pool=pool, overstated=overstated, draws=draws) == chance


@given(st.integers(1, 999_999), st.integers(1, 999_000))
@settings(max_examples=50)
def test_draws_needed_is_the_fewest(overstated_ppm: int, confidence_ppm: int) -> None:
    if overstated_ppm < 5_000:
        overstated_ppm += 5_000  # keeps the exact fractions small
    needed = draws_needed(overstated_ppm=overstated_ppm, confidence_ppm=confidence_ppm)

    def chance(draws: int) -> Fraction:
        return detection_probability(pool=10**6, overstated=overstated_ppm, draws=draws) * 10**6

    assert chance(needed) >= confidence_ppm
    assert needed == 1 or chance(needed - 1) < confidence_ppm


@pytest.mark.parametrize("liar", ["one row invented", "many rows a little", "one whale half empty"])
def test_overstatement_is_met_as_often_as_promised(liar: str) -> None:
    """2,000 audits of lists that claim 2 % too much, 100 draws each: the bound must hold within chance."""
    rng = random.Random(7)
    claimed = [rng.randrange(1, 1_000) for _ in range(400)]
    pool_honest = sum(claimed)
    overstated = pool_honest // 49  # about 2 % of the whole
    match liar:
        case "one row invented":
            wrong = {len(claimed)}
            claimed.append(overstated)
        case "many rows a little":
            wrong = set(range(0, 400, 4))
            for index in wrong:
                claimed[index] += overstated // len(wrong)
        case _:
            wrong = {len(claimed)}
            claimed.append(2 * overstated)
    pool = sum(claimed)
    promised = detection_probability(pool=pool, overstated=overstated - len(wrong), draws=100)
    audits = 2_000
    met = sum(not wrong.isdisjoint(sample(claimed, top=0, draws=100, seed=f"{liar} {n}").drawn) for n in range(audits))
    margin = 4 * 16  # four standard deviations of 2,000 coins of 0.87
    assert met >= int(promised * audits) - margin
    if liar == "one row invented":  # here the bound is met exactly, so too much is as wrong as too little
        assert met <= int(promised * audits) + margin
