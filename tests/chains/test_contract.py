"""What every chain family promises at the door (chains/adapter.py), on a real engine each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chains import registry
from chains.adapter import Call, ChainAdapter, Json, Params, Rpc
from chains.errors import BadAddress, NotFinal, Pruned, RpcFault, WrongChain
from chains.types import BalanceKey, Pinning, Readings
from scripts.engines import EngineMissing
from tests.chains.harness import FamilyHarness, Scene, harness

FAMILIES = sorted(registry.FAMILIES)
ALPHANUMERIC = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Live:
    harness: FamilyHarness
    adapter: ChainAdapter
    scene: Scene

    @property
    def rpc(self) -> Rpc:
        return self.scene.rpc

    def keys(self, size: int) -> tuple[list[BalanceKey], list[int]]:
        """``size`` distinct keys, known and absent ones mixed, and what they hold."""
        pairs = [*self.scene.known, *((key, 0) for key in self.scene.absent)]
        stride = 7  # known ones come first in pairs: spread them
        assert len(pairs) >= size, "the harness gives too few keys"
        mixed = [pair for start in range(stride) for pair in pairs[start::stride]][:size]
        return [key for key, _ in mixed], [amount for _, amount in mixed]


@pytest.fixture(scope="module", params=FAMILIES)
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


@pytest.mark.parametrize("size", [0, 1, 2, 99, 100, 101, 1000])
async def test_one_reading_per_key_in_order(live: Live, size: int) -> None:
    block = await live.adapter.final_block(live.rpc)
    keys, expected = live.keys(size)
    readings = await live.adapter.balances(live.rpc, block, keys)
    assert amounts(readings) == expected
    assert not readings.failures
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


# -- cancellation


class Stalling:
    """An Rpc whose request number ``at`` never ends."""

    def __init__(self, inner: Rpc, at: int) -> None:
        self._inner, self._left = inner, at
        self.stalled = asyncio.Event()

    @property
    def provider(self) -> str:
        return self._inner.provider

    async def _gate(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.stalled.set()
            await asyncio.Event().wait()

    async def call(self, method: str, params: Params = ()) -> Json:
        await self._gate()
        return await self._inner.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        await self._gate()
        return await self._inner.batch(calls)


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
