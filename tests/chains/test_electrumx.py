"""A real ElectrumX on a real node: exact at H, as a full replay of the chain says, whatever came after H.

Slow, because ElectrumX holds small replies back for up to a second.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from chains import registry
from chains.adapter import Probing
from chains.errors import Reorged, RpcFault
from chains.rpc import open_provider
from chains.rpc.electrum import ElectrumRpc
from chains.spec import ProviderSpec
from chains.types import BalanceKey, BlockRef
from chains.utxo import blocks
from scripts.engines import EngineMissing, electrumx
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.utxo_holders import KINDS, Holder, holder, replay, spend

ADAPTER = registry.adapter(REGTEST)


@dataclass(frozen=True)
class Scene:
    node: Litecoind
    rpc: ElectrumRpc
    holders: list[Holder]
    heights: list[int]


@pytest.fixture(scope="module")
async def scene() -> AsyncIterator[Scene]:
    """Holders of all kinds are paid and spend, block by block; the heights that are asked about lie in the midst."""
    chance = random.Random(3)
    try:
        async with Litecoind() as node:
            holders = [await holder(node.rpc, kind, number) for kind in KINDS for number in range(6)]
            heights: list[int] = []
            coins: list[tuple[Holder, Any]] = []
            for _ in range(3):
                paid = [(chance.choice(holders), chance.randrange(10_000, 10**7)) for _ in range(30)]
                made = await node.pay([(to.address, amount) for to, amount in paid])
                coins += zip((to for to, _ in paid), made, strict=True)
                chance.shuffle(coins)
                spent, coins = coins[:8], coins[8:]
                total = sum(coin.amount for _, coin in spent)
                back = chance.sample(holders, 3)
                outputs = [(to, total // 4) for to in back]
                coins += zip(back, await spend(node, spent, outputs), strict=True)
                heights.append(await _tip(node))
            await node.mine(2, to=holders[0].address)
            await node.mine(3)
            async with electrumx.serving(node) as url:
                spec = ProviderSpec(name="electrumx", chain=REGTEST.id, url=url, operator="local", kind="electrum")
                async with open_provider(spec) as rpc:
                    assert isinstance(rpc, ElectrumRpc)
                    yield Scene(node, rpc, holders, heights)
    except EngineMissing as missing:
        pytest.skip(str(missing))


async def _tip(node: Litecoind) -> int:
    tip = await node.rpc.call("getblockcount")
    assert isinstance(tip, int)
    return tip


async def test_it_names_blocks_as_the_node_does(scene: Scene) -> None:
    await ADAPTER.check_chain(scene.rpc)
    assert await ADAPTER.final_block(scene.rpc) == await ADAPTER.final_block(scene.node.rpc)
    for height in (0, 7, scene.heights[0]):
        assert await blocks.at_tip_height(scene.rpc, height) == await blocks.at_tip_height(scene.node.rpc, height)
    with pytest.raises(RpcFault) as fault:
        await blocks.hash_at(scene.rpc, 10_000)
    assert fault.value.code == blocks.OUT_OF_RANGE


async def test_it_agrees_with_a_full_replay_at_every_height(scene: Scene) -> None:
    keys = [BalanceKey(each.address, REGTEST.native) for each in scene.holders]
    moved = False
    before: list[int | None] = [0] * len(keys)
    for height in scene.heights:
        block = await blocks.at_tip_height(scene.rpc, height)
        readings = await ADAPTER.balances(scene.rpc, block, keys)
        truth = await replay(scene.node.rpc, height)
        assert list(readings.amounts) == [truth.get(each.script.hex(), 0) for each in scene.holders]
        drops = [now for now, old in zip(readings.amounts, before, strict=True) if (now or 0) < (old or 0)]
        moved = moved or bool(drops)
        before = list(readings.amounts)
    assert moved, "something was spent between the heights"


async def test_young_coinbases_are_told_apart(scene: Scene) -> None:
    tip = await blocks.at_tip_height(scene.rpc, await _tip(scene.node))
    readings = await ADAPTER.balances(scene.rpc, tip, [BalanceKey(scene.holders[0].address, REGTEST.native)])
    assert readings.remarks[0].kind == "immature-coinbase"


async def test_a_block_it_does_not_have_is_not_read(scene: Scene) -> None:
    block = BlockRef(scene.heights[0], "00" * 32)
    with pytest.raises(Reorged):
        await ADAPTER.balances(scene.rpc, block, [BalanceKey(scene.holders[0].address, REGTEST.native)])


async def test_the_probe_says_how_it_is_asked(scene: Scene) -> None:
    assert isinstance(ADAPTER, Probing)
    block = await ADAPTER.final_block(scene.rpc)
    assert "Electrum" in await ADAPTER.probe(scene.rpc, block)
