"""Other sources of a coin on a real node, an index of addresses and dump files; and what is offered and remarked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from chains.adapter import Rpc, Step
from chains.errors import ChainError, Malformed, NoMethod, RpcFault
from chains.utxo import blocks, dump_way
from chains.utxo.dump import DumpRefused
from chains.utxo.dump import Progress as DumpProgress
from chains.utxo.sources import NoWay
from tests.chains.utxo_rpc import Meddled
from tests.chains.utxo_world import ADAPTER, LTC, NO_SCAN, Kept, World, small_world


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with small_world() as made:
        yield made


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
    assert (await world.offer(rpc, world.tip)) == "dump: the dump file z.dat"
    assert await world.read(rpc, world.tip, memory) == await world.expected(world.tip)
    assert rpc.calls["getblock 0"] == 0
    assert await world.read(world.node.rpc, world.tip - 3, memory) == await world.expected(world.tip - 3)
    (said,) = (await world.remarks(rpc, world.tip)).values()
    assert said.startswith("immature-coinbase: ")


async def test_the_reading_of_a_dump_file_says_how_far_it_is(world: World, dumped: Path) -> None:
    steps: list[Step] = []
    await world.read(Meddled(world.node.rpc, dumps=dumped), world.tip, progress=steps.append)
    size = (dumped / "z.dat").stat().st_size
    assert (steps[-1].what, steps[-1].done, steps[-1].of, steps[-1].unit) == ("dump file", size, size, "bytes")
    info: Any = await world.node.rpc.call("gettxoutsetinfo")
    assert steps[-1].found == f"{info['txouts']:,} coins"


async def test_a_reading_that_nobody_waits_for_ends(
    world: World, dumped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cancelled, ended = Event(), Event(), Event()

    def read(file: Path, *_: object, progress: Callable[[DumpProgress], None], **__: object) -> None:
        begun.set()
        cancelled.wait()
        try:
            progress(DumpProgress(1, 2, 3))
        except ChainError:
            ended.set()
            raise

    monkeypatch.setattr(dump_way, "read_dump", read)
    reading = asyncio.create_task(world.read(Meddled(world.node.rpc, dumps=dumped), world.tip))
    await asyncio.to_thread(begun.wait)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    cancelled.set()
    assert await asyncio.to_thread(ended.wait, 30)


async def test_without_a_file_of_the_block_another_way_is_taken(world: World, dumped: Path) -> None:
    rpc = Meddled(world.node.rpc, dumps=dumped)
    assert (await world.offer(rpc, world.tip - 1)).startswith("chain: ")
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


@pytest.mark.parametrize("source", ["chain", "index"])
async def test_coins_too_young_to_be_spent_are_remarked(world: World, source: str) -> None:
    rpc: Rpc = world.node.rpc if source == "chain" else indexed(world)
    assert await world.remarks(rpc, world.tip - 4) == {}
    (said,) = (await world.remarks(rpc, world.tip)).values()
    assert said.startswith("immature-coinbase: ")
    assert said.endswith(f" of it are mined or staked coins too young to be spent at block {world.tip}")


async def test_what_a_provider_offers_is_told(world: World) -> None:
    assert (await ADAPTER.probe(world.node.rpc, await world.block(world.tip))).startswith("chain: one scan")
    assert "takes hours" in await world.offer(Meddled(world.node.rpc, refuse=NO_SCAN), world.tip)
    assert (await world.offer(indexed(world), world.tip)).startswith("index: ")
    nothing = Meddled(world.node.rpc, refuse={"getbestblockhash": NoMethod(-32601, "no")})
    with pytest.raises(NoWay, match=r"dump: no folder.*chain: no blocks to follow; index: no index"):
        await world.offer(nothing, world.tip)
    with pytest.raises(NoWay):
        await world.read(nothing, world.tip)
