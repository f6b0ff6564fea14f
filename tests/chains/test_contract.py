"""What every chain family promises at the door (chains/adapter.py), on a real engine each, where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chains import registry
from chains.adapter import Call, ChainAdapter, Json, Params, Reconciling, Rpc
from chains.errors import BadAddress, NotFinal, Pruned, RpcFault, Transport, WrongChain
from chains.types import BalanceKey, BlockRef, Pinning, Readings
from scripts.engines import EngineMissing
from tests.chains.harness import FamilyHarness, Scene, harness

FAMILIES = sorted(registry.FAMILIES)
BESIDE = ("blockfrost", "ton_sandbox")
"""Engines beside the one of their family."""
ALPHANUMERIC = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Live:
    harness: FamilyHarness
    adapter: ChainAdapter
    scene: Scene

    @property
    def rpc(self) -> Rpc:
        return self.scene.rpc

    @property
    def limit(self) -> int:
        """The most keys of one request or shard, as far as ten times as many can be had."""
        offered = (len(self.scene.known) + len(self.scene.absent)) // 10
        return min(self.adapter.keys_per_shard or offered, offered)

    def keys(self, size: int) -> tuple[list[BalanceKey], list[int]]:
        """``size`` distinct keys, known and absent ones mixed, and what they hold."""
        pairs = [*self.scene.known, *((key, 0) for key in self.scene.absent)]
        stride = 7  # known ones come first in pairs: spread them
        assert len(pairs) >= size, "the harness gives too few keys"
        mixed = [pair for start in range(stride) for pair in pairs[start::stride]][:size]
        return [key for key, _ in mixed], [amount for _, amount in mixed]


@pytest.fixture(scope="module", params=(*FAMILIES, *BESIDE))
def family(request: pytest.FixtureRequest) -> FamilyHarness:
    return harness(request.param)


@pytest.fixture(scope="module")
def adapter(family: FamilyHarness) -> ChainAdapter:
    return registry.adapter(family.spec)


@pytest.fixture(scope="module")
async def live(family: FamilyHarness, adapter: ChainAdapter) -> AsyncIterator[Live]:
    async with AsyncExitStack() as stack:
        try:
            scene = await stack.enter_async_context(family.engine())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        yield Live(family, adapter, scene)


def amounts(readings: Readings) -> list[int | None]:
    return list(readings.amounts)


# -- pure: addresses and instruments


def test_good_addresses_have_one_canonical_form(family: FamilyHarness, adapter: ChainAdapter) -> None:
    for text, canonical, _ in family.good:
        assert adapter.parse_address(text) == canonical
        assert adapter.parse_address(canonical) == canonical


def test_bad_addresses_are_refused(family: FamilyHarness, adapter: ChainAdapter) -> None:
    for text in family.bad:
        with pytest.raises(BadAddress):
            adapter.parse_address(text)


def test_a_changed_character_never_gives_the_same_account(family: FamilyHarness, adapter: ChainAdapter) -> None:
    for text, canonical, checksummed in family.good:
        for position, original in enumerate(text):
            for letter in ALPHANUMERIC.replace(original, ""):
                mutant = text[:position] + letter + text[position + 1 :]
                try:
                    parsed = adapter.parse_address(mutant)
                except BadAddress:
                    continue
                assert not checksummed, f"{mutant} passes for {text}"
                assert parsed != canonical, f"{mutant} is another spelling of {canonical}"


def test_instruments(family: FamilyHarness, adapter: ChainAdapter) -> None:
    assert family.instruments[0][0] == family.spec.native
    for text, _ in family.instruments:
        assert adapter.parse_instrument(text) == text
    for text in family.instruments_bad:
        with pytest.raises(BadAddress):
            adapter.parse_instrument(text)


def test_the_adapter_names_its_chain_and_its_past(family: FamilyHarness, adapter: ChainAdapter) -> None:
    assert adapter.chain == family.spec.id
    assert adapter.past
    assert adapter.keys_per_shard is None or adapter.keys_per_shard > 0


# -- the chain itself


async def test_the_configured_chain_passes_and_another_is_refused(live: Live) -> None:
    await live.adapter.check_chain(live.rpc)
    with pytest.raises(WrongChain):
        await registry.adapter(live.harness.stranger).check_chain(live.rpc)


async def test_decimals(live: Live) -> None:
    block = await live.adapter.final_block(live.rpc)
    for instrument, decimals in live.harness.instruments:
        canonical = live.adapter.parse_instrument(instrument)
        assert await live.adapter.decimals(live.rpc, block, canonical) == decimals


async def test_the_final_block_moves_on(live: Live) -> None:
    before = await live.adapter.final_block(live.rpc)
    await live.scene.advance()
    after = await live.adapter.final_block(live.rpc)
    assert after.height > before.height
    assert after.hash != before.hash


async def test_the_final_block_is_found_by_its_height(live: Live) -> None:
    final = await live.adapter.final_block(live.rpc)
    assert await live.adapter.block_at(live.rpc, height=final.height) == final


async def test_beyond_the_final_block_is_not_final(live: Live) -> None:
    final = await live.adapter.final_block(live.rpc)
    for ahead in (1, 1_000_000):
        with pytest.raises(NotFinal):
            await live.adapter.block_at(live.rpc, height=final.height + ahead)
    with pytest.raises(NotFinal):
        await live.adapter.block_at(live.rpc, time=datetime.now(UTC) + timedelta(days=36_500))


async def test_an_older_block_is_found_or_said_to_be_gone(live: Live) -> None:
    older = await live.adapter.final_block(live.rpc)
    await live.scene.advance()
    if live.adapter.pinning is Pinning.TIP:
        with pytest.raises(Pruned):
            await live.adapter.block_at(live.rpc, height=older.height)
    else:
        assert await live.adapter.block_at(live.rpc, height=older.height) == older


# -- balances


EDGES: dict[str, Callable[[int], int]] = {
    "0": lambda _: 0,
    "1": lambda _: 1,
    "2": lambda _: 2,
    "limit - 1": lambda limit: limit - 1,
    "limit": lambda limit: limit,
    "limit + 1": lambda limit: limit + 1,
    "10 x limit": lambda limit: 10 * limit,
}


@pytest.mark.parametrize("size", EDGES)
async def test_one_reading_per_key_in_order(live: Live, size: str) -> None:
    block = await live.adapter.final_block(live.rpc)
    keys, expected = live.keys(EDGES[size](live.limit))
    readings = await live.adapter.balances(live.rpc, block, keys)
    assert amounts(readings) == expected
    assert not readings.failures
    assert readings.locked.keys() <= set(range(len(keys)))
    if live.adapter.pinning is not Pinning.TIP:
        assert readings.block == block
    else:
        assert readings.block.height >= block.height


async def test_every_known_amount(live: Live) -> None:
    block = await live.adapter.final_block(live.rpc)
    readings = await live.adapter.balances(live.rpc, block, [key for key, _ in live.scene.known])
    assert amounts(readings) == [amount for _, amount in live.scene.known]


async def test_an_absent_account_holds_zero(live: Live) -> None:
    block = await live.adapter.final_block(live.rpc)
    readings = await live.adapter.balances(live.rpc, block, live.scene.absent[:3])
    assert amounts(readings) == [0, 0, 0]


async def test_a_key_asked_twice_is_answered_twice_alike(live: Live) -> None:
    block = await live.adapter.final_block(live.rpc)
    (first, one), (second, two) = live.scene.known[:2]
    readings = await live.adapter.balances(live.rpc, block, [first, second, first, live.scene.absent[0], first])
    assert amounts(readings) == [one, two, one, 0, one]


async def test_a_bad_key_never_spoils_its_neighbours(live: Live) -> None:
    if not live.scene.failing:
        pytest.skip(f"{live.harness.spec.family}: no key of this family can fail alone")
    block = await live.adapter.final_block(live.rpc)
    known = live.scene.known
    for (key, reason), neighbour in zip(live.scene.failing, known, strict=False):
        readings = await live.adapter.balances(live.rpc, block, [neighbour[0], key, neighbour[0]])
        assert amounts(readings) == [neighbour[1], None, neighbour[1]]
        assert readings.failures[1].reason is reason

    bad = [key for key, _ in live.scene.failing]
    many, expected = live.keys(live.limit)
    middle = len(many) // 2
    readings = await live.adapter.balances(live.rpc, block, [*many[:middle], bad[0], *many[middle:]])
    assert amounts(readings) == [*expected[:middle], None, *expected[middle:]]

    readings = await live.adapter.balances(live.rpc, block, [*bad, *(key for key, _ in known), *bad])
    assert amounts(readings) == [*(None for _ in bad), *(amount for _, amount in known), *(None for _ in bad)]
    assert all(readings.failures[i].reason is reason for i, (_, reason) in enumerate(live.scene.failing))


async def test_a_change_shows_in_the_new_block_and_not_in_the_old(live: Live) -> None:
    key, before = await live.scene.change()
    older = await live.adapter.final_block(live.rpc)
    same, after = await live.scene.change()
    newer = await live.adapter.final_block(live.rpc)
    assert same == key
    assert after != before
    assert amounts(await live.adapter.balances(live.rpc, newer, [key])) == [after]
    if live.adapter.pinning is not Pinning.TIP:
        old = await live.adapter.balances(live.rpc, older, [key])
        assert old.block == older
        assert amounts(old) == [before]


async def test_transfers_since_a_height_explain_a_change(live: Live) -> None:
    if not isinstance(live.adapter, Reconciling):
        pytest.skip(f"{live.harness.spec.family}: it can be asked about the past, or lists no transfers")
    key, before = await live.scene.change()
    first = await live.adapter.balances(live.rpc, await live.adapter.final_block(live.rpc), [key])
    assert amounts(first) == [before]
    await live.scene.advance()  # what an engine writes may still belong to the block just read
    _, after = await live.scene.change()
    last = await live.adapter.balances(live.rpc, await live.adapter.final_block(live.rpc), [key])
    still, since, until = live.scene.absent[0], first.block.height, last.block
    moved = await live.adapter.flows(live.rpc, since=since, until=until, keys=[key, still, key])
    assert list(moved.amounts) == [after - before, 0, after - before]
    assert (moved.since, moved.until) == (since, until)
    none = await live.adapter.flows(live.rpc, since=until.height, until=until, keys=[key])
    assert list(none.amounts) == [0]


async def test_a_time_has_the_height_of_the_last_block_before_it(live: Live) -> None:
    if not isinstance(live.adapter, Reconciling):
        pytest.skip(f"{live.harness.spec.family}: nothing is followed since a time")

    async def last_of_its_second() -> tuple[BlockRef, datetime]:
        then = now = await live.adapter.final_block(live.rpc)
        while now.time == then.time:
            then = now
            await live.scene.advance()
            now = await live.adapter.final_block(live.rpc)
        assert then.time is not None
        return then, then.time

    (first, _), (then, time) = await last_of_its_second(), await last_of_its_second()
    assert await live.adapter.height_at(live.rpc, time) == then.height
    earlier = await live.adapter.height_at(live.rpc, time - timedelta(microseconds=1))
    assert first.height <= earlier < then.height
    now = await live.adapter.final_block(live.rpc)
    assert now.time is not None
    with pytest.raises(NotFinal):
        await live.adapter.height_at(live.rpc, now.time)


# -- bad networks and cancellation


class Gated:
    """An Rpc whose requests pass a gate. A gate may have its own idea of when."""

    def __init__(self, inner: Rpc) -> None:
        self._inner = inner

    @property
    def provider(self) -> str:
        return self._inner.provider

    async def _gate(self) -> None:
        raise NotImplementedError

    async def call(self, method: str, params: Params = ()) -> Json:
        await self._gate()
        return await self._inner.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        await self._gate()
        return await self._inner.batch(calls)


class Failing(Gated):
    """Request number ``at`` has failed, at all attempts that chains/rpc makes."""

    def __init__(self, inner: Rpc, at: int) -> None:
        super().__init__(inner)
        self.left = at

    async def _gate(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise Transport("the network is down")


class Stalling(Gated):
    """Request number ``at`` and those after it never end."""

    def __init__(self, inner: Rpc, at: int) -> None:
        super().__init__(inner)
        self._left = at
        self.stalled = asyncio.Event()

    async def _gate(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.stalled.set()
            await asyncio.Event().wait()


async def test_a_failed_request_is_never_an_amount_and_asking_again_is_right(live: Live) -> None:
    """Retries are made in chains/rpc only: what a failure leaves is raised, or another way gives the same answer."""
    block = await live.adapter.final_block(live.rpc)
    keys, expected = live.keys(min(live.limit, 120))
    for at in range(20):
        rpc = Failing(live.rpc, at)
        try:
            readings = await live.adapter.balances(rpc, block, keys)
        except Transport:
            continue
        assert amounts(readings) == expected
        if rpc.left >= 0:
            assert at > 0, "balances asked nothing"
            break
    assert amounts(await live.adapter.balances(live.rpc, block, keys)) == expected


async def test_cancellation_leaves_nothing_behind(live: Live) -> None:
    block = await live.adapter.final_block(live.rpc)
    keys, _ = live.keys(300)
    keys += [key for key, _ in live.scene.failing]
    before = asyncio.all_tasks()
    for at in range(20):
        rpc = Stalling(live.rpc, at)
        task = asyncio.create_task(live.adapter.balances(rpc, block, keys))
        stalled = asyncio.create_task(rpc.stalled.wait())
        await asyncio.wait({task, stalled}, return_when=asyncio.FIRST_COMPLETED)
        if not rpc.stalled.is_set():
            stalled.cancel()
            await asyncio.wait({stalled})
            assert at > 0, "balances asked nothing"
            break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() <= before, "a task outlived its request"
