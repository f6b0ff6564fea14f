"""The EVM family beyond the contract: reorganisations, odd tokens, old blocks, times; on anvil."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chains import registry
from chains.errors import ChainError, NotFinal, Pruned, Reorged, RpcFault
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Reason
from scripts.engines import EngineMissing, anvil
from tests.chains import harness_evm as h
from tests.chains.harness_evm import HARNESS, NATIVE, AnvilScene, address, erc20

ADAPTER = registry.adapter(HARNESS.spec)
HOLDER = address(0x10000)


@pytest.fixture
async def scene() -> AsyncIterator[AnvilScene]:
    try:
        async with HARNESS.engine() as scene:
            yield scene
    except EngineMissing as missing:
        pytest.skip(str(missing))


async def test_a_reorganised_pin_voids_the_answer(scene: AnvilScene) -> None:
    pinned = await ADAPTER.final_block(scene.rpc)
    await scene.node.reorg(anvil.BLOCKS_TO_FINAL)
    assert (await ADAPTER.final_block(scene.rpc)).height == pinned.height
    for key, _ in (scene.known[0], scene.known[-1]):
        with pytest.raises(Reorged):
            await ADAPTER.balances(scene.rpc, pinned, [key])


async def test_a_block_the_node_has_not_seen_yet(scene: AnvilScene) -> None:
    ahead = BlockRef(10_000, "0x" + "12" * 32)
    with pytest.raises(Pruned):
        await ADAPTER.balances(scene.rpc, ahead, [scene.known[0][0]])


async def test_every_odd_token_beside_good_neighbours(scene: AnvilScene) -> None:
    block = await ADAPTER.final_block(scene.rpc)
    expected = {
        h.REVERTING: Reason.REVERTED,
        h.SILENT: Reason.EMPTY,
        h.SHORT: Reason.MALFORMED,
        h.HUGE: 42,
        h.NO_CODE: Reason.NO_CODE,
    }
    keys = [key for odd in expected for key in (BalanceKey(HOLDER, NATIVE), BalanceKey(HOLDER, erc20(odd)))]
    keys += [BalanceKey(HOLDER, Instrument("token:unheard-of")), BalanceKey(HOLDER, h.ERC20)]
    readings = await ADAPTER.balances(scene.rpc, block, keys)

    said = [readings.failures[i].reason if i in readings.failures else n for i, n in enumerate(readings.amounts)]
    assert said[0::2] == [10**18] * 5 + [Reason.UNSUPPORTED]
    assert said[1::2] == [*expected.values(), 10**6]


async def test_a_contract_is_judged_at_the_pinned_block(scene: AnvilScene) -> None:
    before = await ADAPTER.final_block(scene.rpc)
    late = "0x" + "b1" * 20
    await scene.node.set_token(late, decimals=0, balances={HOLDER: 9})
    await scene.node.mine()
    after = await ADAPTER.final_block(scene.rpc)
    key = BalanceKey(HOLDER, erc20(late))
    old = await ADAPTER.balances(scene.rpc, before, [key])
    assert old.failures == {0: Failure(Reason.NO_CODE, "no contract at this address in this block")}
    assert (await ADAPTER.balances(scene.rpc, after, [key])).amounts == [9]


async def test_old_blocks_keep_their_coins(scene: AnvilScene) -> None:
    key = BalanceKey(address(0x40000), NATIVE)
    pins = []
    for amount in (5, 0, 2**256 - 1, 7):
        await scene.node.set_balances({key.address: amount})
        await scene.node.mine()
        pins.append((await ADAPTER.final_block(scene.rpc), amount))
    for block, amount in reversed(pins):
        assert (await ADAPTER.balances(scene.rpc, block, [key])).amounts == [amount]


async def test_time_to_block(scene: AnvilScene) -> None:
    await scene.node.mine(30, interval_s=12)
    final = await ADAPTER.final_block(scene.rpc)
    assert final.time is not None
    target = await ADAPTER.block_at(scene.rpc, height=final.height - 5)
    assert target.time is not None
    assert await ADAPTER.block_at(scene.rpc, time=target.time) == target
    assert await ADAPTER.block_at(scene.rpc, time=target.time + timedelta(seconds=11)) == target
    one_before = await ADAPTER.block_at(scene.rpc, time=target.time - timedelta(seconds=1))
    assert one_before.height == target.height - 1
    with pytest.raises(NotFinal):
        await ADAPTER.block_at(scene.rpc, time=final.time)
    with pytest.raises(ChainError, match="begins after"):
        await ADAPTER.block_at(scene.rpc, time=target.time - timedelta(days=36_500))


async def test_a_token_without_decimals_says_so(scene: AnvilScene) -> None:
    block = await ADAPTER.final_block(scene.rpc)
    for odd in (h.SILENT, h.SHORT, h.NO_CODE):
        with pytest.raises(ChainError, match="states no decimals"):
            await ADAPTER.decimals(scene.rpc, block, erc20(odd))
    with pytest.raises(RpcFault, match="reverted"):
        await ADAPTER.decimals(scene.rpc, block, erc20(h.REVERTING))


def test_without_npm_the_engine_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ASSAY_ANVIL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(anvil, "HOME", tmp_path)
    with pytest.raises(EngineMissing, match="no npm"):
        anvil.install()


async def test_an_engine_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_ANVIL", "/nonexistent/anvil")
    with pytest.raises(EngineMissing, match="does not start"):
        async with anvil.Anvil():
            pass
    monkeypatch.setenv("ASSAY_ANVIL", "/bin/false")
    with pytest.raises(EngineMissing, match="ended before"):
        async with anvil.Anvil():
            pass
