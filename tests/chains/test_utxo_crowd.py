"""A hundred thousand watched addresses of every type among a million coins, on a real node: every way, one answer.

What everybody holds is known from the orders the chain was made by (scripts/engines/crowd.py), and equals a full replay
of it by another parser.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from bitcoin.core import CBlock  # type: ignore[import-untyped]

from chains.adapter import Rpc
from chains.errors import Reorged, Transport
from chains.types import Address, BalanceKey, BlockRef
from chains.utxo import address, blocks
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.params import coin_of
from chains.utxo.source import unwatched
from scripts.engines import EngineMissing
from scripts.engines.crowd import Crowd, Holder, gather
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.utxo_rpc import Meddled
from tests.chains.utxo_world import NO_INDEX, NO_SCAN, Kept

HOLDERS, OTHERS = 100_000, 1_000_000
SEED = 20261125
COIN = coin_of(REGTEST)
ADAPTER = UtxoAdapter(REGTEST, COIN)
KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
KEY_HASH = hashlib.new("ripemd160", hashlib.sha256(KEY).digest()).digest()

pytestmark = pytest.mark.timeout(600)


@dataclass
class Scene:
    """``early``, ``before``, ``pin``: marked blocks. The bare key of the last holder has coins beside its address."""

    crowd: Crowd
    keys: list[BalanceKey]
    early: BlockRef
    before: BlockRef
    pin: BlockRef
    dumps: Path

    def expected(self, block: BlockRef) -> list[int]:
        held = self.crowd.at[block.height]
        return [held.get(number, 0) for number in range(len(self.keys))]

    async def read(self, rpc: Rpc, block: BlockRef, memory: Kept | None = None) -> list[int | None]:
        readings = await ADAPTER.balances_remembered(rpc, block, self.keys, memory or Kept(), unwatched)
        assert not readings.failures
        return list(readings.amounts)


@pytest.fixture(scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        crowd = await gather(node, holders=HOLDERS, others=OTHERS)
        crowd.holders = [*crowd.holders, Holder("p2pkh", b"\x76\xa9\x14" + KEY_HASH + b"\x88\xac", b"")]
        await crowd.pay_scripts([(777_000, b"\x21" + KEY + b"\xac")])
        texts = [address.from_script(COIN, holder.script) for holder in crowd.holders]
        keys = [BalanceKey(cast(Address, text), REGTEST.native) for text in texts]
        chance = random.Random(SEED)

        async def move(blocks: int) -> None:
            """Old and new coins, to and from watched scripts; some are spent in the block after they were made."""
            for _ in range(blocks):
                orders = [(chance.randrange(HOLDERS), chance.randrange(546, 3_000)) for _ in range(1_500)]
                await crowd.move(2_000, orders, others=100)
                crowd.newest_first()

        await crowd.pay([(HOLDERS, 1_000_000)])
        early = await crowd.mark()
        await move(8)
        await crowd.earn(5, keys[5].address)
        before = await crowd.mark()
        await move(1)
        pin = await crowd.mark()
        dumps = tmp_path_factory.mktemp("dumps")
        await node.rpc.call("dumptxoutset", [str(dumps / "at-the-pin.dat")])
        await move(10)
        await crowd.earn(7, keys[7].address)
        await move(1)
        yield Scene(crowd, keys, early, before, pin, dumps)


# -- one answer


async def test_the_orders_equal_a_full_replay_by_another_parser(scene: Scene) -> None:
    node, held = scene.crowd.node, dict.fromkeys((holder.script for holder in scene.crowd.holders), 0)
    unspent: dict[bytes, tuple[bytes, int]] = {}
    count = 0
    for height in range(1, scene.pin.height + 1):
        raw: Any = await node.rpc.call("getblock", [await blocks.hash_at(node.rpc, height), 0])
        for tx in CBlock.deserialize(bytes.fromhex(raw)).vtx:
            txid = tx.GetTxid()
            for spent in tx.vin:
                unspent.pop(spent.prevout.hash + spent.prevout.n.to_bytes(4, "little"), None)
                count -= not tx.is_coinbase()
            for number, output in enumerate(tx.vout):
                count += 1
                if (script := bytes(output.scriptPubKey)) in held:
                    unspent[txid + number.to_bytes(4, "little")] = script, output.nValue
    assert count > 1_000_000
    for script, amount in unspent.values():
        held[script] += amount
    assert [held[holder.script] for holder in scene.crowd.holders] == scene.expected(scene.pin)
    assert len(scene.expected(scene.pin)) == HOLDERS + 1


async def test_one_scan_undone_to_the_pin(scene: Scene) -> None:
    rpc = Meddled(scene.crowd.node.rpc)
    assert await scene.read(rpc, scene.pin) == scene.expected(scene.pin)
    assert rpc.scans == 1


async def test_an_earlier_reading_rolled_forward(scene: Scene) -> None:
    memory = Kept()
    assert await scene.read(scene.crowd.node.rpc, scene.early, memory) == scene.expected(scene.early)
    rpc = Meddled(scene.crowd.node.rpc, refuse=NO_SCAN | NO_INDEX)
    assert await scene.read(rpc, scene.pin, memory) == scene.expected(scene.pin)
    assert rpc.calls["getblock 0"] < 20


async def test_every_block_since_the_first(scene: Scene) -> None:
    rpc = Meddled(scene.crowd.node.rpc, refuse=NO_SCAN | NO_INDEX)
    assert await scene.read(rpc, scene.pin) == scene.expected(scene.pin)


async def test_the_dumped_set_and_what_is_beside_it(scene: Scene) -> None:
    rpc = Meddled(scene.crowd.node.rpc, dumps=scene.dumps)
    readings = await ADAPTER.balances(rpc, scene.pin, scene.keys)
    assert list(readings.amounts) == scene.expected(scene.pin)
    assert rpc.scans == rpc.calls["getblock 0"] == 0
    remarks: Mapping[int, str] = {index: remark.kind for index, remark in readings.remarks.items()}
    assert remarks == {5: "immature-coinbase", HOLDERS: "same-key"}
    assert "0.00777000 more" in readings.remarks[HOLDERS].detail


# -- the node moves, stops or is asked twice


async def test_a_scan_during_which_blocks_come_is_undone_all_the_same(scene: Scene) -> None:
    async def come() -> None:
        await scene.crowd.move(50, [(3, 9_999), (4, 8_888)])

    rpc = Meddled(scene.crowd.node.rpc, before_scan=come, after_scan=come)
    assert await scene.read(rpc, scene.pin) == scene.expected(scene.pin)


async def test_an_aborted_scan_is_noticed(scene: Scene) -> None:
    node = scene.crowd.node.rpc

    async def abort() -> bool:
        """While it walks: an abort during the reading of the descriptors is granted, and forgotten."""
        progress = 0
        while not 0 < progress < 90:
            status: Any = await node.call("scantxoutset", ["status"])
            progress = status["progress"] if status else 0
        return bool(await node.call("scantxoutset", ["abort"]))

    reading = asyncio.create_task(scene.read(node, scene.pin))
    assert await abort()
    with pytest.raises(Transport, match="aborted"):
        await reading


async def test_a_node_that_scans_for_somebody_else_is_asked_again_later(scene: Scene) -> None:
    node = scene.crowd.node.rpc
    other = asyncio.create_task(scene.read(node, scene.pin))
    while await node.call("scantxoutset", ["status"]) is None:
        await asyncio.sleep(0)
    with pytest.raises(Transport, match="busy"):
        await scene.read(node, scene.pin)
    assert await other == scene.expected(scene.pin)


# -- last, because it changes the chain


async def test_a_reorganisation_across_the_pin_voids_and_the_new_block_is_read(scene: Scene) -> None:
    node = scene.crowd.node
    await node.invalidate(scene.pin.hash)
    await node.mine(3)
    with pytest.raises(Reorged, match=scene.pin.hash):
        await scene.read(node.rpc, scene.pin)
    again = await blocks.at_tip_height(node.rpc, scene.pin.height)
    assert again.hash != scene.pin.hash
    assert await scene.read(node.rpc, again) == scene.expected(scene.before)
