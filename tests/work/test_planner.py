"""A pin is agreed by every lane, and config must not contradict the chain."""

from __future__ import annotations

from datetime import UTC, datetime

from chains.errors import ChainError, RpcFault, Transport
from chains.types import BlockRef
from indexer.model.claims import InstrumentSpec
from indexer.model.run import ClaimGroup
from indexer.work.endpoints import Endpoint
from indexer.work.planner import PlannedGroup, plan_group
from tests.work.fakes import CHAIN, COIN, FakeAdapter, FakeRpc, TipAdapter, endpoint

SPEC = InstrumentSpec("ETH", "ETH", CHAIN, COIN, 18, 18)
SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


async def plan(
    *lanes: tuple[Endpoint, ...],
    height: int | None = 50,
    as_of: datetime | None = None,
    adapter: FakeAdapter | None = None,
    quorum: int = 1,
    exchange: str = "Example",
) -> PlannedGroup:
    group = ClaimGroup(CHAIN, height, (SPEC,), 3)
    chosen = adapter or FakeAdapter()
    return await plan_group(
        group,
        pin_no=0,
        adapter=chosen,  # type: ignore[arg-type]
        lanes=lanes,
        as_of=as_of,
        quorum=quorum,
        exchange=exchange,
    )


async def test_published_height_then_as_of_then_final() -> None:
    lane = (endpoint("p"),)
    assert (await plan(lane)).pin.block == BlockRef(50, "a50")
    assert (await plan(lane, height=None)).pin.block == BlockRef(100, "a100")
    assert (await plan(lane, height=None, as_of=SOME_TIME)).pin.block == BlockRef(50, "a50")


async def test_lanes_that_disagree_give_no_pin() -> None:
    planned = await plan((endpoint("p"),), (endpoint("q", operator="other", rpc=FakeRpc("q", fork="b")),), quorum=2)
    assert planned.pin.block is None
    assert "disagree on block 50: a50 against b50" in planned.pin.problem


async def test_a_lane_that_lags_gives_no_pin() -> None:
    planned = await plan((endpoint("p"),), (endpoint("q", operator="other", rpc=FakeRpc("q", tip=49)),), quorum=2)
    assert planned.pin.block is None
    assert "beyond 49" in planned.pin.problem


async def test_a_dead_provider_is_a_problem_not_a_pin() -> None:
    dead = endpoint("dead")
    dead.rpc.fail = Transport("dead: timed out")  # type: ignore[attr-defined]
    planned = await plan((dead,))
    assert (planned.pin.block, planned.pin.problem) == (None, "dead: Transport: timed out")


async def test_no_provider_is_said_so() -> None:
    assert (await plan()).pin.problem == "no provider configured"


async def test_fewer_operators_than_the_quorum_is_a_warning() -> None:
    planned = await plan((endpoint("p"),), quorum=2)
    assert [(finding.kind, finding.severity.value) for finding in planned.findings] == [("independence", "warning")]


async def test_a_tip_chain_is_live_without_a_claimed_height_and_late_with_one() -> None:
    lane = (endpoint("p"),)
    live = await plan(lane, height=None, adapter=TipAdapter())
    assert (live.pin.live, live.pin.problem, live.pin.block) == (True, "", BlockRef(100, "a100"))
    late = await plan(lane, height=50, adapter=TipAdapter())
    assert (late.pin.live, late.pin.block) == (False, BlockRef(100, "a100"))
    assert "claimed at 50, but this chain can only be read now (at 100)" in late.pin.problem
    on_time = await plan(lane, height=100, adapter=TipAdapter())
    assert on_time.pin.problem == ""
    past = await plan(lane, height=None, as_of=SOME_TIME, adapter=TipAdapter())
    assert not past.pin.live
    assert "wanted as of 2026-01-01" in past.pin.problem


async def test_contradicting_decimals_exclude_the_instrument() -> None:
    planned = await plan((endpoint("p"),), adapter=FakeAdapter(6))
    assert planned.excluded == ((SPEC, "the chain says 6 decimals, config says 18"),)
    assert [finding.kind for finding in planned.findings] == ["decimals"]


async def test_unstated_decimals_are_only_reported() -> None:
    for refusal in (RpcFault(3, "execution reverted"), ChainError("p: no decimals()")):
        planned = await plan((endpoint("p"),), adapter=FakeAdapter(refusal))
        assert planned.excluded == ()
        assert [finding.kind for finding in planned.findings] == ["decimals-unstated"]


async def test_decimals_that_cannot_be_asked_leave_the_group_unplanned() -> None:
    planned = await plan((endpoint("p"),), adapter=FakeAdapter(Transport("p: timed out")))
    assert planned.pin.block is None
    assert "timed out" in planned.pin.problem


async def test_a_time_is_looked_up_by_every_lane() -> None:
    """Fault: a provider whose clock or history leads a time to another block than everybody else's."""
    first, late = endpoint("p"), endpoint("q", operator="other", rpc=FakeRpc("q", tip=120))
    planned = await plan((first,), (late,), height=None, as_of=SOME_TIME, quorum=2)
    assert planned.pin.block is None
    assert "providers disagree on the block at 2026-01-01 00:00:00+00:00: 50 against 60" in planned.pin.problem
    agreeing = endpoint("q", operator="other", rpc=FakeRpc("q"))
    assert (await plan((first,), (agreeing,), height=None, as_of=SOME_TIME, quorum=2)).pin.block == BlockRef(50, "a50")
    assert "block at a time" in agreeing.rpc.asked  # type: ignore[attr-defined]


async def test_a_published_height_is_not_looked_up_by_time() -> None:
    other = endpoint("q", operator="other", rpc=FakeRpc("q", tip=120))
    planned = await plan((endpoint("p"),), (other,), height=50, as_of=SOME_TIME, quorum=2)
    assert planned.pin.block == BlockRef(50, "a50")


async def test_an_explorer_confirms_the_block_of_a_time_by_its_height() -> None:
    explorer = endpoint("scan", operator="other", rpc=FakeRpc("scan", tip=120), kind="blockscout")
    planned = await plan((endpoint("p"),), (explorer,), height=None, as_of=SOME_TIME, quorum=2)
    assert planned.pin.block == BlockRef(50, "a50")
    assert [finding.kind for finding in planned.findings] == []


async def test_a_related_party_is_a_warning_for_its_exchange_only() -> None:
    theirs = endpoint("scan", operator="OKLink", kind="oklink")
    custom = endpoint("node", operator="Bee", related_to=("Binance",))
    for exchange, told in (("okx", ["scan"]), ("BINANCE", ["node"]), ("Other", [])):
        planned = await plan((custom, theirs), exchange=exchange)
        said = [finding for finding in planned.findings if finding.kind == "related-party"]
        assert len(said) == len(told)
        for name, finding in zip(told, said, strict=True):
            assert f"provider {name} is run by" in finding.detail
            assert finding.detail.endswith(f"a related party of {exchange}")
            assert finding.severity.value == "warning"


async def test_explorers_alone_are_a_warning() -> None:
    only = await plan((endpoint("scan", kind="etherscan"),), (endpoint("b", operator="b", kind="blockscout"),))
    assert [finding.kind for finding in only.findings] == ["explorer-only"]
    beside = await plan((endpoint("p"), endpoint("scan", kind="etherscan")))
    assert beside.findings == ()
