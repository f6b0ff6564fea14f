"""The ways of reading a coin on a real node: each equals a full replay, and one goes on where the last one stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chains.adapter import Json, Rpc
from chains.errors import Malformed, NoMethod, Pruned, Reorged, RpcFault
from chains.types import BalanceKey, BlockRef, Readings
from chains.utxo import blocks, forward
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.dump import DumpRefused
from chains.utxo.params import coin_of
from chains.utxo.source import Forgetful, Question
from chains.utxo.sources import NoWay, first_offer, sources
from chains.utxo.watched import unpack
from scripts.engines import EngineMissing
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.utxo_holders import KINDS, Holder, holder, replay, spend
from tests.chains.utxo_rpc import Meddled

COIN = coin_of(REGTEST)
ADAPTER = UtxoAdapter(REGTEST, COIN)
LTC = 10**8
NO_SCAN = {"scantxoutset": NoMethod(-32601, "Method not found")}
NO_INDEX = {"getrawtransaction": RpcFault(-5, "No such mempool transaction. Use -txindex")}


@dataclass
class Kept:
    """A memory; ``saved`` counts, and ``break_at`` ends the process at a saving, once it is kept."""

    values: dict[str, bytes] = field(default_factory=dict)
    saved: int = 0
    break_at: int | None = None

    async def load(self, name: str) -> bytes | None:
        return self.values.get(name)

    async def save(self, name: str, value: bytes) -> None:
        self.values[name] = value
        self.saved += 1
        if self.saved == self.break_at:
            raise KeyboardInterrupt


@dataclass
class World:
    node: Litecoind
    holders: list[Holder]
    start: int
    tip: int

    async def block(self, height: int) -> BlockRef:
        return await blocks.at_tip_height(self.node.rpc, height)

    async def expected(self, height: int, holders: list[Holder] | None = None) -> list[int]:
        held = await replay(self.node.rpc, height)
        return [held.get(one.script.hex(), 0) for one in holders or self.holders]

    async def read(self, rpc: Rpc, height: int, memory: Kept | None = None, holders: list[Holder] | None = None) -> Any:
        keys = [BalanceKey(one.address, REGTEST.native) for one in holders or self.holders]
        readings = await ADAPTER.balances_remembered(rpc, await self.block(height), keys, memory or Kept())
        return list(readings.amounts)


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    """Ten holders, coins made and spent in a dozen blocks, coinbases of theirs among them."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        holders = [await holder(node.rpc, kind, number) for number in range(2) for kind in KINDS]
        start: Any = await node.rpc.call("getblockcount")
        coins = list(
            zip(holders, await node.pay([(one.address, LTC + n) for n, one in enumerate(holders)]), strict=True)
        )
        for number in range(4):
            made = await spend(node, coins[number : number + 2], [(holders[-1 - number], LTC // 2 + number)])
            await node.pay([(holders[number].address, LTC * 3 + number)])
            await spend(node, [(holders[-1 - number], made[0])], [(holders[number], LTC // 4)])
            coins[number + 1 : number + 2] = [(one, coin) for one, coin in coins[5 + number : 6 + number]]
        await node.mine(2, to=holders[0].address)
        await node.mine(2)
        tip: Any = await node.rpc.call("getblockcount")
        yield World(node, holders, start, tip)


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


async def test_a_killed_walk_goes_on_where_it_was_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "KEEP_EVERY", 50)
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


# -- an index of addresses


def indexed(world: World, *, change: Callable[[list[dict[str, Any]]], object] = lambda deltas: None) -> Meddled:
    """The node with Dash Core's index: every movement of an address, from every block of the chain."""

    async def deltas(asked: Any) -> Any:
        wanted = {one.script.hex(): one.address for one in world.holders if one.address in asked["addresses"]}
        found: list[dict[str, Any]] = []
        outputs: dict[tuple[str, int], tuple[str, int]] = {}
        for height in range(1, asked["end"] + 1):
            block: Any = await world.node.rpc.call("getblock", [await blocks.hash_at(world.node.rpc, height), 2])
            for place, tx in enumerate(block["tx"]):
                moved = []
                for number, spent in enumerate(tx["vin"]):
                    if "coinbase" not in spent:
                        script, amount = outputs[spent["txid"], spent["vout"]]
                        moved.append((number, script, -amount))
                for output in tx["vout"]:
                    script, amount = output["scriptPubKey"]["hex"], round(output["value"] * LTC)
                    outputs[tx["txid"], output["n"]] = script, amount
                    moved.append((output["n"], script, amount))
                found += [
                    {"satoshis": amount, "txid": tx["txid"], "index": number, "blockindex": place, "height": height,
                     "address": wanted[script]}
                    for number, script, amount in moved if script in wanted and height >= asked["start"]
                ]  # fmt: skip
        change(found)
        return found

    refused = {"getbestblockhash": NoMethod(-32601, "an index only")}
    return Meddled(world.node.rpc, refuse=refused, offer={"getaddressdeltas": deltas})


async def test_an_index_of_addresses_equals_a_replay(world: World) -> None:
    for height in (world.start, world.start + 4, world.tip):
        assert await world.read(indexed(world), height) == await world.expected(height)


def _twice(deltas: list[dict[str, Any]]) -> None:
    deltas.append(deltas[0])


def _too_late(deltas: list[dict[str, Any]]) -> None:
    deltas[-1]["height"] += 10_000


def _foreign(deltas: list[dict[str, Any]]) -> None:
    deltas[0]["address"] = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"


def _overdrawn(deltas: list[dict[str, Any]]) -> None:
    deltas[:] = [delta for delta in deltas if delta["satoshis"] < 0]


def _no_height(deltas: list[dict[str, Any]]) -> None:
    del deltas[0]["height"]


@pytest.mark.parametrize("change", [_twice, _too_late, _foreign, _overdrawn, _no_height])
async def test_an_index_that_contradicts_itself_is_refused(world: World, change: Any) -> None:
    def spoil(deltas: list[dict[str, Any]]) -> None:
        if deltas:
            change(deltas)

    with pytest.raises(Malformed):
        await world.read(indexed(world, change=spoil), world.tip)


# -- a dump file


@pytest.fixture(scope="module")
async def dumped(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the set at the tip, and things that are no dump of it."""
    folder = tmp_path_factory.mktemp("dumps")
    (folder / "a-note.txt").write_text("not a dump")
    (folder / "half.incomplete").write_bytes(bytes.fromhex((await world.block(world.tip)).hash)[::-1] + bytes(12))
    await world.node.rpc.call("dumptxoutset", [str(folder / "z.dat")])
    return folder


async def test_a_dump_file_equals_a_replay_and_is_gone_on_from(world: World, dumped: Path) -> None:
    memory = Kept()
    rpc = Meddled(world.node.rpc, dumps=dumped, refuse=NO_SCAN | {"gettxoutsetinfo": RpcFault(-8, "no statistics")})
    assert (await _offer(rpc, await world.block(world.tip))) == "dump: the dump file z.dat"
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.calls["getblock 0"] == 0
    assert await world.read(world.node.rpc, world.tip - 3, memory) == await world.expected(world.tip - 3)
    (said,) = (await _remarks(world, rpc, world.tip)).values()
    assert said.startswith("immature-coinbase: ")


async def test_without_a_file_of_the_block_another_way_is_taken(world: World, dumped: Path) -> None:
    rpc = Meddled(world.node.rpc, dumps=dumped)
    assert (await _offer(rpc, await world.block(world.tip - 1))).startswith("chain: ")
    assert await world.read(rpc, world.tip - 1) == await world.expected(world.tip - 1)
    assert rpc.scans == 1


async def _set_info(world: World, change: dict[str, Any]) -> Any:
    info: Any = await world.node.rpc.call("gettxoutsetinfo")
    return info | change


@pytest.mark.parametrize("change", [{"txouts": 1}, {"total_amount": 1.5}, {"bestblock": "00" * 32}])
async def test_a_file_that_contradicts_the_nodes_own_count_is_refused(
    world: World, dumped: Path, change: dict[str, Any]
) -> None:
    def told(change: dict[str, Any]) -> Meddled:
        return Meddled(world.node.rpc, dumps=dumped, offer={"gettxoutsetinfo": lambda _: _set_info(world, change)})

    assert await world.read(told({}), world.tip) == await world.expected(world.tip)
    with pytest.raises(Malformed, match="whole set"):
        await world.read(told(change), world.tip)


async def test_a_damaged_file_is_refused_with_its_place(world: World, dumped: Path, tmp_path: Path) -> None:
    whole = (dumped / "z.dat").read_bytes()
    (tmp_path / "cut.dat").write_bytes(whole[:-1])
    with pytest.raises(DumpRefused, match="ends inside a coin"):
        await world.read(Meddled(world.node.rpc, dumps=tmp_path), world.tip)


@pytest.mark.parametrize(
    ("version", "name"), [(320_000, "/Satoshi:32.0.0/"), (300_000, "/Satoshi:30.0.0/"), (320_000, "/Other:1/")]
)
async def test_only_a_node_that_keeps_its_chain_is_asked_to_write(
    world: World, tmp_path: Path, version: int, name: str
) -> None:
    """Core before 32 rewinds its own chain for an old set."""
    rpc = Meddled(
        world.node.rpc,
        dumps=tmp_path,
        offer={
            "getnetworkinfo": lambda _: {"version": version, "subversion": name},
            "dumptxoutset": lambda path: world.node.rpc.call("dumptxoutset", [path]),
        },
    )
    assert await world.read(rpc, world.tip) == await world.expected(world.tip)
    wrote = (version, name) == (320_000, "/Satoshi:32.0.0/")
    assert rpc.calls["dumptxoutset"] == wrote
    assert len(list(tmp_path.iterdir())) == wrote


# -- what is remarked, and what is offered


async def _remarks(world: World, rpc: Rpc, height: int) -> dict[int, str]:
    keys = [BalanceKey(one.address, REGTEST.native) for one in world.holders]
    readings: Readings = await ADAPTER.balances(rpc, await world.block(height), keys)
    return {index: f"{remark.kind}: {remark.detail}" for index, remark in readings.remarks.items()}


@pytest.mark.parametrize("source", ["chain", "index"])
async def test_coins_too_young_to_be_spent_are_remarked(world: World, source: str) -> None:
    rpc: Rpc = world.node.rpc if source == "chain" else indexed(world)
    assert await _remarks(world, rpc, world.tip - 4) == {}
    (said,) = (await _remarks(world, rpc, world.tip)).values()
    assert said.startswith("immature-coinbase: ")
    assert said.endswith(f" of it are mined coins too young to be spent at block {world.tip}")


Offered = Callable[[World], Awaitable[str]]


async def _offer(rpc: Rpc, block: BlockRef) -> str:
    return await first_offer(sources(COIN, 8), Question(rpc, block, [], Forgetful()))


async def test_what_a_provider_offers_is_told(world: World) -> None:
    tip = await world.block(world.tip)
    assert (await ADAPTER.probe(world.node.rpc, tip)).startswith("chain: one scan")
    assert "takes hours" in await _offer(Meddled(world.node.rpc, refuse=NO_SCAN), tip)
    assert (await _offer(indexed(world), tip)).startswith("index: ")
    nothing = Meddled(world.node.rpc, refuse={"getbestblockhash": NoMethod(-32601, "no")})
    with pytest.raises(NoWay, match=r"dump: no folder.*chain: no blocks to follow; index: no index"):
        await _offer(nothing, tip)
    with pytest.raises(NoWay):
        await world.read(nothing, world.tip)
