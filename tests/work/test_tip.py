"""Pins of chains that can only be read now: what was wanted of them, and since which height transfers are followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chains.errors import ChainError, NotFinal, Pruned, Transport
from chains.types import BalanceKey, BlockRef, Flows
from indexer.model.run import Pin
from indexer.work.endpoints import Endpoint
from indexer.work.fetcher import LaneFailed
from indexer.work.tip import pin_now
from tests.work.fakes import CHAIN, FakeRpc, TipAdapter, endpoint

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Dated(TipAdapter):
    """Its newest block is of noon; an hour before, it was half as high."""

    def __init__(self, refusal: ChainError | None = None) -> None:
        super().__init__()
        self.refusal = refusal

    async def final_block(self, rpc: FakeRpc) -> BlockRef:
        return replace(await super().final_block(rpc), time=NOON)

    async def flows(self, rpc: FakeRpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        raise AssertionError("only reconciliations ask for it")

    async def height_at(self, rpc: FakeRpc, time: datetime) -> int:
        assert time == NOON - timedelta(hours=1)
        if self.refusal is not None:
            raise self.refusal
        return rpc.tip // 2


async def pin(
    *lanes: tuple[Endpoint, ...], height: int | None = None, as_of: datetime | None = None, adapter: TipAdapter
) -> Pin:
    empty = Pin(pin_no=0, chain=CHAIN, height_claimed=height, block=None, live=False)
    found = await pin_now(empty, adapter, lanes or ((endpoint("p"),),), as_of)  # type: ignore[arg-type]
    assert found.block is not None
    assert found.block.height == 100
    return found


async def test_a_claimed_height_is_now_or_before_or_still_to_come() -> None:
    for height, said in (
        (100, ""),
        (99, "claimed at 99, but this chain can only be read now (at 100)"),
        (101, "claimed at 101, which was still to come: read before it (at 100)"),
    ):
        for as_of in (None, NOON):  # a height that is claimed is what counts
            found = await pin(height=height, as_of=as_of, adapter=Dated())
            assert (found.live, found.problem, found.height_wanted) == (False, said, None)


async def test_without_height_and_time_every_reading_is_as_good() -> None:
    found = await pin(adapter=Dated())
    assert (found.live, found.problem, found.height_wanted) == (True, "", None)


async def test_a_wanted_time_has_a_height_that_transfers_are_followed_from() -> None:
    found = await pin(as_of=NOON - timedelta(hours=1), adapter=Dated())
    assert (found.live, found.height_wanted) == (False, 50)
    said = "wanted as of 2026-11-01T11:00:00+00:00, but this chain can only be read now (at 100)"
    assert found.problem == f"{said}; that was height 50"
    untold = await pin(as_of=NOON - timedelta(hours=1), adapter=TipAdapter())
    assert (untold.live, untold.height_wanted, untold.problem) == (False, None, said)


async def test_a_time_still_to_come_has_none() -> None:
    found = await pin(as_of=NOON + timedelta(hours=1), adapter=Dated())
    assert (found.live, found.height_wanted) == (False, None)
    assert found.problem == "wanted as of 2026-11-01T13:00:00+00:00, which was still to come: read before it (at 100)"


async def test_every_witness_must_give_the_time_the_same_height() -> None:
    other = endpoint("q", operator="other", rpc=FakeRpc("q", tip=102))
    with pytest.raises(ChainError, match=r"disagree on the height at .*: \[50, 51\]"):
        await pin((endpoint("p"),), (other,), as_of=NOON - timedelta(hours=1), adapter=Dated())


@pytest.mark.parametrize("refusal", [Pruned(0, "the log begins later"), ChainError("HTTP 404")])
async def test_a_refused_time_is_said_and_not_asked_again(refusal: ChainError) -> None:
    found = await pin(as_of=NOON - timedelta(hours=1), adapter=Dated(refusal))
    assert found.height_wanted is None
    assert found.problem.endswith(f"the height of that time is not known: p: {type(refusal).__name__}: {refusal}")


@pytest.mark.parametrize("error", [Transport("down"), NotFinal("behind")])
async def test_a_failing_network_leaves_the_pin_open(error: ChainError) -> None:
    with pytest.raises(LaneFailed):
        await pin(as_of=NOON - timedelta(hours=1), adapter=Dated(error))
