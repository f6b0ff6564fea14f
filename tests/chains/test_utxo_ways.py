"""The chain itself as a source, on a real node: equal to a full replay, and gone on with where it last stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import msgspec
import pytest

from chains.adapter import Json, Step
from chains.errors import Malformed, Pruned, Reorged, RpcFault
from chains.types import BalanceKey
from chains.utxo import blocks, chain_way
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.raw import HEADER
from chains.utxo.watched import unpack
from scripts.engines.litecoind import REGTEST
from tests.chains.utxo_rpc import Meddled
from tests.chains.utxo_world import COIN, NO_INDEX, NO_SCAN, Kept, World, small_world


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with small_world() as made:
        yield made


# -- from memory


async def test_next_months_reading_rolls_forward_and_needs_neither_scan_nor_index(world: World) -> None:
    memory = Kept()
    first = world.start + 3
    assert await world.read(world.node.rpc, first, memory) == await world.expected(first)
    rpc = Meddled(world.node.rpc, refuse=NO_INDEX)
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.scans == 0


@pytest.mark.parametrize("back", [1, 5])
async def test_an_earlier_block_is_reached_from_memory_too(world: World, back: int) -> None:
    memory = Kept()
    await world.read(world.node.rpc, world.tip, memory)
    rpc = Meddled(world.node.rpc)
    assert await world.read(rpc, world.tip - back, memory) == await world.expected(world.tip - back)
    assert rpc.scans == 0


async def test_new_addresses_are_scanned_with_the_ones_known(world: World) -> None:
    memory = Kept()
    few, others = world.holders[:4], world.holders[4:]
    await world.read(world.node.rpc, world.start + 2, memory, few)
    rpc = Meddled(world.node.rpc)
    middle = world.start + 6
    assert await world.read(rpc, middle, memory, others) == await world.expected(middle, others)
    assert rpc.scans == 1
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.scans == 1


async def test_a_memory_of_a_block_that_is_gone_is_no_start(world: World) -> None:
    memory = Kept()
    await world.read(world.node.rpc, world.tip - 1, memory)
    kept = unpack(memory.values["utxo"])
    assert kept is not None

    def moved(answer: Json) -> Json:
        return "00" * 32 if answer == kept.hash else answer

    rpc = Meddled(world.node.rpc, rewrite={"getblockhash": moved})
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.scans == 1


async def test_a_walk_says_how_far_it_is(world: World) -> None:
    memory, tip = Kept(), world.tip
    for refuse, height, said in ((NO_SCAN, tip, tip), (NO_SCAN, tip - 3, 3), ({}, tip - 1, 2)):
        steps: list[Step] = []
        rpc = Meddled(world.node.rpc, refuse=refuse)
        assert await world.read(rpc, height, memory, progress=steps.append) == await world.expected(height)
        assert {(step.what, step.of, step.unit) for step in steps} == {("blocks", said, "blocks")}
        assert [step.done for step in steps] == sorted(step.done for step in steps)
        assert steps[-1].done == said
        assert said < 10 or len(steps) > said / 10


async def test_a_damaged_memory_costs_a_scan(world: World) -> None:
    memory = Kept({"utxo": b"\x00damaged"})
    rpc = Meddled(world.node.rpc)
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.scans == 1


async def test_where_the_blocks_in_between_are_gone_a_scan_is_taken(world: World) -> None:
    memory = Kept()
    await world.read(world.node.rpc, world.start, memory)
    asked = count()

    def gone(answer: Any) -> Any:
        return RpcFault(-1, "Block not available (pruned data)") if next(asked) == 1 else answer

    rpc = Meddled(world.node.rpc, rewrite={"getblock 0": gone})
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.scans == 1


# -- from the first block


async def test_a_node_that_cannot_scan_is_followed_from_its_first_block(world: World) -> None:
    memory = Kept()
    rpc = Meddled(world.node.rpc, refuse=NO_SCAN | NO_INDEX)
    middle = world.start + 5
    assert await world.read(rpc, middle, memory) == await world.expected(middle)
    asked = rpc.calls["getblock 0"]
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.calls["getblock 0"] - asked < 20


def as_bitcoin_gold_sends_it(answer: str) -> str:
    """A block from before the split, which keeps the name it has on the other chain."""
    raw = bytes.fromhex(answer)
    place, nonce = (7).to_bytes(4, "little") + bytes(28), raw[76:HEADER].ljust(32, b"\0")
    return (raw[:68] + place + raw[68:76] + nonce + b"\x08solution" + raw[HEADER:]).hex()


async def test_blocks_of_longer_headers_are_followed(world: World) -> None:
    gold = msgspec.structs.replace(COIN, header_tail=140, tailed_since=1_000)
    rpc = Meddled(world.node.rpc, refuse=NO_SCAN, rewrite={"getblock 0": as_bitcoin_gold_sends_it})
    keys = [BalanceKey(one.address, REGTEST.native) for one in world.holders]
    found = await UtxoAdapter(REGTEST, gold).balances(rpc, await world.block(world.tip), keys)
    assert list(found.amounts) == await world.expected(world.tip)
    other = UtxoAdapter(REGTEST, msgspec.structs.replace(gold, tailed_since=0))
    with pytest.raises(Malformed, match="not the block"):
        await other.balances(rpc, await world.block(world.tip), keys)


async def test_a_killed_walk_goes_on_where_it_was_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_way, "KEEP_EVERY", 50)
    rpc = Meddled(world.node.rpc, refuse=NO_SCAN)
    memory = Kept(break_at=2)
    with pytest.raises(KeyboardInterrupt):
        await world.read(rpc, world.tip, memory)
    assert memory.values.keys() == {"utxo-walk"}, "what is known of others stays until the walk is done"
    kept = unpack(memory.values["utxo-walk"])
    assert kept is not None
    assert 100 <= kept.height < world.tip
    before = rpc.calls["getblock 0"]
    memory.break_at = None
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.calls["getblock 0"] - before <= world.tip - kept.height + 1


async def test_a_walk_that_does_not_lead_to_the_pin_is_void(world: World) -> None:
    """As when blocks are replaced while it walks: they do not follow one another."""
    seventh = await blocks.hash_at(world.node.rpc, 7)
    eighth = await blocks.hash_at(world.node.rpc, 8)
    rpc = Meddled(
        world.node.rpc,
        refuse=NO_SCAN,
        rewrite={"getblockhash": lambda answer: seventh if answer == eighth else answer},
    )
    with pytest.raises(Reorged, match="block 7 was"):
        await world.read(rpc, world.tip)


async def test_blocks_are_held_to_their_hashes(world: World) -> None:
    """Each header names its parent and its transactions: what is rolled forward follows from the pinned hash."""

    def tampered(answer: Any) -> Any:
        return answer[:150] + ("0" if answer[150] != "0" else "1") + answer[151:]  # a bit of the header's nonce

    rpc = Meddled(world.node.rpc, refuse=NO_SCAN, rewrite={"getblock 0": tampered})
    with pytest.raises(Malformed, match="not the block"):
        await world.read(rpc, world.tip)


@pytest.mark.parametrize("answer", ["", "zz", 7, None, "00" * 200])
async def test_blocks_that_are_no_blocks_are_refused(world: World, answer: Any) -> None:
    rpc = Meddled(world.node.rpc, refuse=NO_SCAN, rewrite={"getblock 0": lambda _: answer})
    with pytest.raises(Malformed):
        await world.read(rpc, world.tip)


async def test_blocks_that_a_node_no_longer_has_are_said_to_be_gone(world: World) -> None:
    asked = count()

    def gone(answer: Any) -> Any:
        return RpcFault(-1, "Block not available (pruned data)") if next(asked) else answer  # the tip is there

    rpc = Meddled(world.node.rpc, refuse=NO_SCAN, rewrite={"getblock 0": gone})
    with pytest.raises(Pruned, match="needed whole"):
        await world.read(rpc, world.tip)
