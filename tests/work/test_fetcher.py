"""Providers of a lane stand in for one another; a failure is never an answer."""

from __future__ import annotations

import pytest

from chains.errors import NotFinal, OverBudget, Transport, WrongChain
from chains.types import BlockRef
from indexer.work.fetcher import LaneFailed, ask
from tests.work.fakes import FakeAdapter, FakeRpc, endpoint


async def test_the_first_that_answers_and_who_it_was() -> None:
    dead, alive = endpoint("dead"), endpoint("alive")
    dead.rpc.fail = Transport("dead: timed out")  # type: ignore[attr-defined]
    who, block = await ask((dead, alive), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
    assert (who.spec.name, block.height) == ("alive", 100)


async def test_all_failed_says_each_reason_in_order_and_each_name_once() -> None:
    one, two = endpoint("one"), endpoint("two")
    one.rpc.fail = Transport("one: reset")  # type: ignore[attr-defined]
    two.rpc.fail = Transport("two: 503")  # type: ignore[attr-defined]
    with pytest.raises(LaneFailed, match=r"^two: Transport: 503; one: Transport: reset$"):
        await ask((one, two), FakeAdapter(), FakeAdapter().final_block, first=1)  # type: ignore[arg-type]


async def test_no_provider_at_all_is_said_so() -> None:
    with pytest.raises(LaneFailed, match="no provider configured"):
        await ask((), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]


async def test_wrong_chain_stops_a_provider_for_good() -> None:
    stray = endpoint("stray", rpc=FakeRpc("stray", chain="eip155:56"))
    good = endpoint("good")
    for _ in range(3):
        who, _ = await ask((stray, good), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
        assert who is good
    assert stray.rpc.asked == ["check"]  # type: ignore[attr-defined]
    with pytest.raises(LaneFailed, match="serves eip155:56"):
        await ask((stray,), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]


async def test_the_chain_is_checked_again_after_every_failure() -> None:
    """A provider that comes back from an outage may come back as another chain."""
    turncoat = endpoint("turncoat")
    rpc = turncoat.rpc
    assert isinstance(rpc, FakeRpc)
    await ask((turncoat,), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
    rpc.fail = Transport("turncoat: reset")
    with pytest.raises(LaneFailed):
        await ask((turncoat,), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
    rpc.fail, rpc.chain = None, "eip155:56"
    with pytest.raises(LaneFailed, match="WrongChain"):
        await ask((turncoat,), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
    assert isinstance(turncoat.stopped, WrongChain)
    with pytest.raises(WrongChain):
        await turncoat.ready(FakeAdapter())  # type: ignore[arg-type]


async def test_not_final_is_no_failure_of_the_provider() -> None:
    first, second = endpoint("first"), endpoint("second")
    adapter = FakeAdapter()
    with pytest.raises(NotFinal):
        await ask((first, second), adapter, lambda rpc: adapter.block_at(rpc, height=10**9))  # type: ignore[arg-type]
    assert second.rpc.asked == []  # type: ignore[attr-defined]


async def test_a_spent_budget_stops_a_provider_and_the_next_one_answers() -> None:
    poor, rich = endpoint("poor"), endpoint("rich")
    poor.rpc.fail = OverBudget("poor: its budget of 5 requests is spent")  # type: ignore[attr-defined]
    for _ in range(3):
        who, _ = await ask((poor, rich), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]
        assert who is rich
    assert poor.rpc.asked == ["check"]  # type: ignore[attr-defined]
    with pytest.raises(LaneFailed, match="poor: OverBudget: its budget of 5 requests is spent"):
        await ask((poor,), FakeAdapter(), FakeAdapter().final_block)  # type: ignore[arg-type]


async def test_explorers_are_asked_last_whoever_is_first_and_are_told_the_block() -> None:
    told: list[BlockRef] = []

    class Explorer(FakeRpc):
        def expect(self, block: BlockRef) -> None:
            told.append(block)

    scan = endpoint("scan", rpc=Explorer("scan"), kind="oklink")
    one, two = endpoint("one"), endpoint("two")
    block, adapter = BlockRef(7, "a7"), FakeAdapter()
    for first, name in enumerate(["one", "two", "one", "two"]):
        who, _ = await ask((scan, one, two), adapter, adapter.final_block, first=first, at=block)  # type: ignore[arg-type]
        assert who.spec.name == name
    one.rpc.fail = two.rpc.fail = Transport("down")  # type: ignore[attr-defined]
    assert told == []
    who, _ = await ask((scan, one, two), adapter, adapter.final_block, first=1, at=block)  # type: ignore[arg-type]
    assert (who, told) == (scan, [block])
