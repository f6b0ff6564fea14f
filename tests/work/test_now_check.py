"""An index that knows only now is believed, and contradicts, only where a node says the same before and after."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from chains import registry, settled
from chains.errors import Transport
from chains.rpc import open_provider
from chains.types import BalanceKey
from indexer.store.cross_checks import CheckedLine, OpenLine
from indexer.work.endpoints import Checkers, Endpoint
from indexer.work.fetcher import LaneFailed
from indexer.work.now_check import MOVED, check
from tests.chains.harness_polkadot import PREFIX, SPEC, address
from tests.chains.now_servers import Living, SubscanServer
from tests.chains.substrate import NATIVE, USDT
from tests.chains.world import World
from tests.work.fakes import TipAdapter, endpoint

ADAPTER = registry.adapter(SPEC)
KEYS = [BalanceKey(address(number), USDT if number % 2 else NATIVE) for number in range(6)]


class Index(SubscanServer):
    """``lies``: what it says of an address in its first answers, one after another; then it is honest. ``heads``: what
    it called its newest block.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.lies: dict[str, list[int]] = {}
        self.heads: list[int] = []

    def respond(self, method: str, params: Any) -> Any:
        if method == "POST api/scan/metadata":
            self.heads.append(self.world.head)
        return super().respond(method, params)

    def _tokens(self, holder: str) -> Any:
        if lies := self.lies.get(holder):
            self.said[holder] = {"balance": str(lies.pop(0))}
        else:
            self.said.pop(holder, None)
        return super()._tokens(holder)


class Desk:
    def __init__(self, node: Living, index: Index, lane: Endpoint, checkers: Checkers) -> None:
        self.node, self.index, self.lane, self.checkers = node, index, lane, checkers

    async def check(self, *keys: BalanceKey) -> list[CheckedLine]:
        state = self.node.world.at(self.node.world.final)
        rows = [OpenLine(number, key, state[key]) for number, key in enumerate(keys)]
        return await check(ADAPTER, (self.lane,), self.checkers, rows)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled, "POLL_S", 0)


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    world = World(first=0, settle=1)
    world.tick({key: 10**6 + number for number, key in enumerate(KEYS)})
    async with (
        Living(world, PREFIX) as node,
        Index(world) as index,
        open_provider(node.provider(SPEC.id)) as read,
        open_provider(scan := index.provider(SPEC.id, kind="subscan", name="scan", operator="Subscan")) as asked,
    ):
        yield Desk(node, index, Endpoint(node.provider(SPEC.id), read), (Endpoint(scan, asked),))


def amounts(lines: Sequence[CheckedLine]) -> list[int | str | None]:
    return [line.reason if line.amount is None else line.amount for line in lines]


async def test_what_did_not_move_is_confirmed_by_name() -> None:
    async with desk() as work:
        found = await work.check(*KEYS)
    assert amounts(found) == [10**6 + number for number in range(6)]
    assert {(line.provider, line.operator) for line in found} == {("scan", "Subscan")}


async def test_the_node_is_asked_again_at_a_block_that_the_index_had_not_passed() -> None:
    async with desk() as work:
        await work.check(*KEYS)
        reads = [params for method, params in work.node.calls if method == "state_queryStorageAt"]
        _, shown = cast(list[Any], reads[-1])
        block = work.node.world.height_of(shown, work.node.hash)
        assert block is not None
        assert block >= work.index.heads[-1]


async def test_a_difference_must_be_said_twice() -> None:
    async with desk() as work:
        work.index.lies = {KEYS[0].address: [5], KEYS[1].address: [5, 6]}
        assert amounts(await work.check(*KEYS[:3])) == [10**6, 6, 10**6 + 2]


async def test_what_moved_since_is_not_compared() -> None:
    async with desk() as work:
        work.node.changes = {KEYS[0]: 3}
        assert amounts(await work.check(*KEYS[:2])) == [MOVED, 10**6 + 1]


async def test_what_the_index_does_not_list_has_its_reason() -> None:
    async with desk() as work:
        work.index.said[KEYS[0].address] = {}
        work.index.refusals[KEYS[0].address] = 400, {"message": "Param error"}
        first, second = amounts(await work.check(*KEYS[:2]))
        assert "Param error" in str(first)
        assert second == 10**6 + 1


async def test_an_index_of_another_chain_is_stopped() -> None:
    async with desk() as work:
        work.index.world = World(first=0, settle=1, fork="other")
        for _ in range(20):
            work.index.world.tick()
        with pytest.raises(LaneFailed, match="WrongChain: its block"):
            await work.check(*KEYS[:2])
        assert work.checkers[0].stopped is not None


async def test_an_index_that_is_behind_says_nothing() -> None:
    async with desk() as work:
        work.index.world = World(first=0)
        with pytest.raises(LaneFailed, match="Transport: it is at block 1, behind"):
            await work.check(*KEYS[:2])


async def test_a_node_that_fails_is_no_matter_of_the_index() -> None:
    dead = endpoint("dead")
    dead.rpc.fail = Transport("dead: timed out")  # type: ignore[attr-defined]
    rows = [OpenLine(0, KEYS[0], 1)]
    with pytest.raises(LaneFailed, match=r"dead: .*timed out"):
        await check(TipAdapter(), (dead,), (endpoint("scan"),), rows)  # type: ignore[arg-type]
