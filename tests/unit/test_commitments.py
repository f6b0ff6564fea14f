"""What backs an asset's liabilities, and whether they are of the moment of the reserves. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.types import BlockRef
from indexer.core.amounts import rescale
from indexer.core.commitments import (
    backings,
    commitment_findings,
    committed,
    committed_liabilities,
    states_totals,
)
from indexer.core.conclude import reserve_ratios
from indexer.core.moment import APART_MAX, moment_finding, moments
from indexer.model.commitments import Backing, CommitmentCheck
from indexer.model.liabilities import Commitment, Liability, Source
from indexer.model.run import Pin
from indexer.model.verdict import CommittedTotal, Proven
from tests.unit.reports import ETHEREUM, WHEN, check, total

COMMITMENT = Commitment("assay-merkle-sum-v1", "0x12")
OWED = (Liability("BTC", 8, 150, 0), Liability("USDT", 18, 7 * 10**12, 0))
TOTALS = (CommittedTotal("BTC", 150, 8), CommittedTotal("USDT", 7, 6))


def kinds(made: CommitmentCheck, owed: tuple[Liability, ...] = OWED) -> list[tuple[str, str]]:
    return [(each.severity.value, each.kind) for each in commitment_findings(owed, COMMITMENT, made)]


def test_a_whole_anchored_commitment_backs_what_it_adds_up_to_at_any_scale() -> None:
    made = check(*TOTALS)
    assert backings(OWED, COMMITMENT, made) == {"BTC": Backing.PROVEN, "USDT": Backing.PROVEN}
    assert kinds(made) == []


@pytest.mark.parametrize(
    ("made", "backing", "found"),
    [
        (check(*TOTALS, valid=False), Backing.FAILED, ("exception", "commitment-failed")),
        (check(*TOTALS, root_found="13" * 32), Backing.FAILED, ("exception", "commitment-failed")),
        (check(*TOTALS, root_published=None), Backing.UNANCHORED, ("warning", "commitment-unanchored")),
        (check(*TOTALS, root_found=None), Backing.UNANCHORED, ("warning", "commitment-unanchored")),
        (
            check(*TOTALS, proven=(Proven.INCLUSION, Proven.SUMS)),
            Backing.UNPROVEN,
            ("warning", "commitment-unproven"),
        ),
        (check(*TOTALS, proven=(Proven.COMPLETENESS,)), Backing.UNPROVEN, ("warning", "commitment-unproven")),
        (
            check(*TOTALS, scheme="okx-stark-v1", version="unsound", proven=()),
            Backing.UNPROVEN,
            ("warning", "commitment-unproven"),
        ),
    ],
)
def test_what_fails_or_proves_less_is_told(made: CommitmentCheck, backing: Backing, found: tuple[str, str]) -> None:
    assert set(backings(OWED, COMMITMENT, made).values()) == {backing}
    assert found in kinds(made)


def test_a_difference_of_one_base_unit_is_an_exception() -> None:
    made = check(CommittedTotal("BTC", 149, 8), TOTALS[1])
    assert backings(OWED, COMMITMENT, made) == {"BTC": Backing.DIFFERENT, "USDT": Backing.PROVEN}
    (said,) = commitment_findings(OWED, COMMITMENT, made)
    assert (said.kind, "0.0000015" in said.detail, "0.00000149" in said.detail) == ("commitment-total", True, True)


def test_what_only_one_side_knows_is_told() -> None:
    stated_only = check(TOTALS[0])
    assert backings(OWED, COMMITMENT, stated_only)["USDT"] is Backing.UNPROVEN
    assert kinds(stated_only) == [("warning", "commitment-unproven")]
    committed_only = check(*TOTALS, CommittedTotal("ETH", 1, 18), CommittedTotal("LTC", 0, 8))
    assert kinds(committed_only) == [("exception", "commitment-total")]
    assert kinds(check(*TOTALS, CommittedTotal("?PEPE", 4, 8))) == [("warning", "commitment-unknown-asset")]


def test_a_source_outside_the_commitment_weakens_the_whole_asset() -> None:
    owed = (*OWED, Liability("BTC", 8, 50, 0, source=Source.INSURANCE_FUND))
    customers = Commitment("assay-merkle-sum-v1", "0x12", (Source.CUSTOMER,))
    assert backings(owed, customers, check(*TOTALS)) == {"BTC": Backing.STATED, "USDT": Backing.PROVEN}
    assert commitment_findings(owed, customers, check(*TOTALS)) == []
    assert backings(owed, COMMITMENT, check(*TOTALS))["BTC"] is Backing.DIFFERENT


def test_without_files_nothing_but_the_word_of_the_exchange_backs_a_ratio() -> None:
    assert set(backings(OWED, COMMITMENT, None).values()) == {Backing.STATED}
    (ratio,) = reserve_ratios([total("BTC", scale=8)], OWED[:1])
    assert ratio.backing is Backing.STATED


def test_the_ratio_is_over_every_source_and_carries_its_backing() -> None:
    owed = (Liability("ETH", 18, 6, 1), Liability("ETH", 8, 1, 0, source=Source.MARGIN))
    (ratio,) = reserve_ratios([total("ETH", low=10**10, high=10**10)], owed, {"ETH": Backing.FAILED})
    assert (ratio.liabilities, ratio.attested, ratio.backing) == (10**10 + 6, 1, Backing.FAILED)
    assert ratio.low_ppm == 999_999


def test_a_commitment_states_totals_only_where_it_is_whole() -> None:
    assert states_totals(check(*TOTALS).verdict)
    assert not states_totals(check(*TOTALS, proven=(Proven.INCLUSION, Proven.SUMS)).verdict)
    assert not states_totals(check().verdict)
    made = check(*TOTALS, CommittedTotal("BTC", 25, 9), CommittedTotal("?X", 1, 8), CommittedTotal("ETH", 1, None))
    assert committed_liabilities(made) == [Liability("BTC", 9, 1525, 0), Liability("USDT", 6, 7, 0)]
    assert committed_liabilities(check(CommittedTotal("BTC", -1, 8), valid=False)) == []


@given(
    st.lists(st.tuples(st.integers(0, 2**200), st.integers(0, 30)), min_size=1, max_size=5),
    st.integers(0, 30),
)
def test_totals_of_one_asset_add_up_exactly_whatever_their_decimals(parts: list[tuple[int, int]], more: int) -> None:
    made = check(*(CommittedTotal("BTC", amount, scale) for amount, scale in parts))
    finest = max(scale for _, scale in parts)
    whole = sum(rescale(amount, decimals=scale, scale=finest) for amount, scale in parts)
    assert committed(made)["BTC"].at(finest) == whole
    owed = Liability("BTC", finest + more, rescale(whole, decimals=finest, scale=finest + more), 0)
    assert backings([owed], COMMITMENT, made) == {"BTC": Backing.PROVEN}
    if whole:
        less = replace(owed, amount=owed.amount - 1)
        assert backings([less], COMMITMENT, made) == {"BTC": Backing.DIFFERENT}


def pin(apart: timedelta | None) -> Pin:
    block = BlockRef(1, "0x1", None if apart is None else WHEN + apart)
    return Pin(1, ETHEREUM, 1, block, live=False)


def test_moments_are_one_while_every_block_is_near() -> None:
    near, far = pin(APART_MAX), pin(-APART_MAX - timedelta(seconds=1))
    assert moments(WHEN, [near, pin(None)]).apart is False
    assert moment_finding(moments(WHEN, [near])) is None
    both = moments(WHEN, [near, far])
    assert both.apart is True
    said = moment_finding(both)
    assert said is not None
    assert said.kind == "as-of-differs"


def test_an_unknown_moment_is_neither_the_same_nor_another() -> None:
    assert moments(None, [pin(timedelta())]).apart is None
    assert moments(WHEN, [pin(None)]).apart is None
    said = moment_finding(moments(None, []))
    assert said is not None
    assert said.kind == "as-of-unknown"
