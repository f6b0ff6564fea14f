"""Balances at a height on a real node: equal to a full replay at every height, and never wrong when the chain moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from chains import registry
from chains.adapter import Rpc
from chains.errors import Malformed, Pruned, Reorged, RpcFault, Transport
from chains.types import BalanceKey, BlockRef
from chains.utxo import blocks, scan
from chains.utxo.raw import merkle_root
from scripts.engines import EngineMissing
from scripts.engines.litecoind import REGTEST, Coin, Litecoind
from tests.chains.utxo_holders import KINDS, Holder, holder, replay, spend
from tests.chains.utxo_rpc import Meddled

ADAPTER = registry.adapter(REGTEST)
LTC = 10**8


@dataclass
class World:
    """Twenty holders of all five types, and a chain on which their coins move before and after ``pin``."""

    node: Litecoind
    holders: list[Holder]
    pin: BlockRef = field(init=False)
    start: int = 0

    @property
    def keys(self) -> list[BalanceKey]:
        return [BalanceKey(one.address, REGTEST.native) for one in self.holders]

    async def height(self) -> int:
        height = await self.node.rpc.call("getblockcount")
        assert isinstance(height, int)
        return height

    async def fund(self, holders: list[Holder], first: int) -> list[tuple[Holder, Coin]]:
        coins = await self.node.pay([(one.address, first + n) for n, one in enumerate(holders)])
        return list(zip(holders, coins, strict=True))

    async def read(self, rpc: Rpc, block: BlockRef) -> list[int | None]:
        readings = await ADAPTER.balances(rpc, block, self.keys)
        assert readings.block == block
        assert not readings.failures
        return list(readings.amounts)

    async def replayed(self, height: int) -> list[int]:
        held = await replay(self.node.rpc, height)
        return [held.get(one.script.hex(), 0) for one in self.holders]


async def world(node: Litecoind, each: int, *, first: int = 0) -> World:
    return World(node, [await holder(node.rpc, kind, first + number) for number in range(each) for kind in KINDS])


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Litecoind]:
    async with AsyncExitStack() as stack:
        try:
            yield await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))


@pytest.fixture
async def small(node: Litecoind, serial: Iterator[int]) -> World:
    """Five new holders with one coin each, of different amounts, pinned one block below the tip."""
    made = await world(node, 1, first=next(serial))
    await made.fund(made.holders, LTC)
    made.pin = await blocks.at_tip_height(node.rpc, await made.height())
    await node.mine()
    return made


@pytest.fixture(scope="module")
def serial() -> Iterator[int]:
    return count(1_000)


@pytest.fixture(scope="module")
async def eventful() -> AsyncIterator[World]:
    """Coins of every type: spent before the pin, spent after it, made after it, made and spent after it."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        made = await world(node, 4)
        givers, takers, late, idle = (made.holders[n : n + 5] for n in (0, 5, 10, 15))
        made.start = await made.height()
        first = await made.fund(givers, 3 * LTC + 29)
        second = await made.fund(givers, 5 * LTC + 7)
        await made.fund(idle, 1)
        await spend(node, first, [(one, LTC + n) for n, one in enumerate(takers)])
        made.pin = await blocks.at_tip_height(node.rpc, await made.height())

        await spend(node, second[:3], [(takers[0], 2 * LTC + 13), (givers[4], LTC)])  # older coins, to and from watched
        fresh = await made.fund(late, 7 * LTC + 1)
        back = await spend(node, fresh, [(one, LTC // 3 + n) for n, one in enumerate(late)])  # made and spent since
        await node.mine(2, to=idle[0].address)  # immature coinbases
        await spend(node, [(late[0], back[0]), second[4]], [(late[0], 1), (late[0], 2)])
        await node.mine()
        yield made


async def told_prevouts(node: Litecoind, answer: Any) -> Any:
    """getblock as Bitcoin Core 23 and later answer it: every input shows the output it spends."""
    for tx in answer["tx"]:
        for spent in tx["vin"]:
            if "coinbase" not in spent:
                older: Any = await node.rpc.call("getrawtransaction", [spent["txid"], True])
                header: Any = await node.rpc.call("getblockheader", [older["blockhash"]])
                output = older["vout"][spent["vout"]]
                spent["prevout"] = {
                    "generated": "coinbase" in older["vin"][0],
                    "height": header["height"],
                    "value": output["value"],
                    "scriptPubKey": output["scriptPubKey"],
                }
    return answer


# -- exact at every height


async def test_every_height_equals_a_full_replay(eventful: World) -> None:
    tip = await eventful.height()
    seen = set()
    for height in range(eventful.start, tip + 1):
        block = await blocks.at_tip_height(eventful.node.rpc, height)
        expected = await eventful.replayed(height)
        assert await eventful.read(eventful.node.rpc, block) == expected
        seen.add(tuple(expected))
    assert len(seen) > 8, "the chain must differ from height to height"


async def test_prevouts_from_the_block_itself_give_the_same_without_an_index(eventful: World) -> None:
    node = eventful.node
    no_index = RpcFault(-5, "No such mempool transaction. Use -txindex")
    rpc = Meddled(
        node.rpc,
        rewrite={"getblock 3": lambda answer: told_prevouts(node, answer)},
        refuse={"getrawtransaction": no_index},
    )
    assert await eventful.read(rpc, eventful.pin) == await eventful.replayed(eventful.pin.height)
    assert rpc.calls["getblock 3"] == await eventful.height() - eventful.pin.height


async def test_at_the_tip_there_is_nothing_to_undo(eventful: World) -> None:
    tip = await blocks.at_tip_height(eventful.node.rpc, await eventful.height())
    rpc = Meddled(eventful.node.rpc)
    assert await eventful.read(rpc, tip) == await eventful.replayed(tip.height)
    assert rpc.calls["getblock 3"] == 0
    assert rpc.scans == 1


async def test_immature_coinbases_count(eventful: World) -> None:
    tip = await blocks.at_tip_height(eventful.node.rpc, await eventful.height())
    amounts = await eventful.read(eventful.node.rpc, tip)
    assert amounts[15] is not None
    assert amounts[15] > 25 * LTC


async def test_a_list_over_the_nodes_limit_takes_a_few_scans(eventful: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "REQUEST_BYTES_MAX", 500)
    rpc = Meddled(eventful.node.rpc)
    assert await eventful.read(rpc, eventful.pin) == await eventful.replayed(eventful.pin.height)
    assert 1 < rpc.scans < 10


# -- the chain moves while we look


async def test_new_blocks_before_and_after_the_scan_change_nothing(small: World) -> None:
    expected = [LTC + n for n in range(5)]

    async def another_payment() -> None:
        await small.fund(small.holders, 2 * LTC)

    rpc = Meddled(small.node.rpc, before_scan=another_payment, after_scan=another_payment)
    assert await small.read(rpc, small.pin) == expected
    assert await small.replayed(await small.height()) == [5 * LTC + 3 * n for n in range(5)]


async def test_a_reorganisation_above_the_pin_changes_nothing(small: World) -> None:
    payment = await small.fund(small.holders, 9 * LTC)
    top = await blocks.hash_at(small.node.rpc, await small.height())

    async def replace_the_top() -> None:
        await small.node.invalidate(top)
        await small.node.mine(3)

    rpc = Meddled(small.node.rpc, after_scan=replace_the_top)
    assert payment
    assert await small.read(rpc, small.pin) == [LTC + n for n in range(5)]


async def test_a_reorganisation_across_the_pin_voids_it(small: World) -> None:
    await small.node.invalidate(small.pin.hash)
    await small.node.mine(4)
    with pytest.raises(Reorged, match=small.pin.hash):
        await small.read(small.node.rpc, small.pin)
    again = await blocks.at_tip_height(small.node.rpc, small.pin.height)
    assert await small.read(small.node.rpc, again) == [0] * 5


@pytest.mark.parametrize("moment", ["before_scan", "after_scan"])
async def test_a_reorganisation_during_the_scan_voids_it(small: World, moment: str) -> None:
    async def replace_the_pin() -> None:
        await small.node.invalidate(small.pin.hash)
        await small.node.mine(4)

    rpc = Meddled(small.node.rpc, **{moment: replace_the_pin})  # type: ignore[arg-type]
    with pytest.raises(Reorged):
        await small.read(rpc, small.pin)
    assert rpc.scans == 1


async def test_a_chain_that_ends_below_the_pin_is_asked_again_later(small: World) -> None:
    await small.node.invalidate(small.pin.hash)
    with pytest.raises(Transport, match="does not reach"):
        await small.read(small.node.rpc, small.pin)


async def test_a_scan_below_the_pin_is_asked_again_later(small: World) -> None:
    async def cut() -> None:
        await small.node.invalidate(small.pin.hash)

    with pytest.raises(Transport, match="below the pinned"):
        await small.read(Meddled(small.node.rpc, before_scan=cut), small.pin)


# -- the node refuses or answers badly


async def test_a_scan_that_names_no_block_is_of_the_tip_that_stood_all_the_while(small: World) -> None:
    """Nodes before Bitcoin Core 0.20, as Bitcoin Gold's."""
    unnamed = {"scantxoutset": lambda answer: {key: answer[key] for key in answer.keys() - {"height", "bestblock"}}}
    rpc = Meddled(small.node.rpc, rewrite=unnamed)
    assert await small.read(rpc, small.pin) == [LTC + n for n in range(5)]
    moved = Meddled(small.node.rpc, rewrite=unnamed, after_scan=small.node.mine)
    with pytest.raises(Transport, match="its tip moved meanwhile"):
        await small.read(moved, small.pin)


async def test_an_aborted_scan_is_no_zero(small: World) -> None:
    aborted = {"success": False, "txouts": 0, "height": 1, "bestblock": "00", "unspents": [], "total_amount": 0.0}
    with pytest.raises(Transport, match="aborted"):
        await small.read(Meddled(small.node.rpc, rewrite={"scantxoutset": lambda _: aborted}), small.pin)


async def test_a_busy_node_is_asked_again_later(small: World) -> None:
    busy = RpcFault(-8, 'Scan already in progress, use action "abort" or "status"')
    with pytest.raises(Transport, match="busy"):
        await small.read(Meddled(small.node.rpc, refuse={"scantxoutset": busy}), small.pin)


async def test_a_node_without_prevouts_and_index_cannot_go_back() -> None:
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind(txindex=False))
        except EngineMissing as missing:
            pytest.skip(str(missing))
        made = await world(node, 1)
        await made.fund(made.holders, LTC)
        tip = await blocks.at_tip_height(node.rpc, await made.height())
        assert await made.read(node.rpc, tip) == [LTC + n for n in range(5)]
        await made.fund(made.holders, LTC)
        with pytest.raises(Pruned, match=r"verbosity 3.*txindex"):
            await made.read(node.rpc, tip)


async def test_deleted_blocks_are_said_to_be_gone(small: World) -> None:
    gone = RpcFault(-1, "Block not available (pruned data)")
    with pytest.raises(Pruned, match="needed whole"):
        await small.read(Meddled(small.node.rpc, refuse={"getblock 3": gone}), small.pin)


def _without_a_coin(answer: Any) -> Any:
    answer["unspents"].pop()
    return answer


def _coin_twice(answer: Any) -> Any:
    answer["unspents"].append(answer["unspents"][0])
    return answer


def _foreign_coin(answer: Any) -> Any:
    answer["unspents"][0]["scriptPubKey"] = "51"
    return answer


def _no_amount(answer: Any) -> Any:
    del answer["unspents"][0]["amount"]
    return answer


@pytest.mark.parametrize("spoil", [_without_a_coin, _coin_twice, _foreign_coin, _no_amount, lambda _: None])
async def test_a_scan_that_contradicts_itself_is_refused(small: World, spoil: Any) -> None:
    with pytest.raises(Malformed):
        await small.read(Meddled(small.node.rpc, rewrite={"scantxoutset": spoil}), small.pin)


async def test_a_scan_that_contradicts_the_blocks_is_refused(small: World) -> None:
    """An empty set, though blocks since the pin paid the very scripts that were asked for."""

    def empty(answer: Any) -> Any:
        return answer | {"unspents": [], "total_amount": 0.0}

    await small.fund(small.holders, LTC)
    with pytest.raises(Malformed, match="contradict"):
        await small.read(Meddled(small.node.rpc, rewrite={"scantxoutset": empty}), small.pin)


async def test_a_block_that_shows_its_coinbase_alone_is_read_raw(eventful: World) -> None:
    """Bitcoin SV means that by verbosity 3: taken for the whole, it would spend nothing."""

    async def coinbase_alone(answer: Any) -> Any:
        return await told_prevouts(eventful.node, answer | {"tx": answer["tx"][:1]})

    rpc = Meddled(eventful.node.rpc, rewrite={"getblock 3": coinbase_alone})
    assert await eventful.read(rpc, eventful.pin) == await eventful.replayed(eventful.pin.height)


def _other_block(answer: Any) -> Any:
    return answer | {"height": answer["height"] - 1}


def _no_value(answer: Any) -> Any:
    del answer["tx"][0]["vout"][0]["value"]
    return answer


@pytest.mark.parametrize("spoil", [_other_block, _no_value, lambda _: "0200"])
async def test_a_block_that_cannot_be_read_is_refused(small: World, spoil: Any) -> None:
    with pytest.raises(Malformed):
        await small.read(Meddled(small.node.rpc, rewrite={"getblock 3": spoil}), small.pin)


async def test_litecoins_hidden_outputs_are_passed_over(small: World) -> None:
    def with_hidden(answer: Any) -> Any:
        hidden = {"ismweb": True, "output_id": "00" * 32}
        answer["tx"].append({"txid": "00" * 32, "vin": [hidden], "vout": [hidden]})
        leaves = [bytes.fromhex(tx["txid"])[::-1] for tx in answer["tx"]]
        return answer | {"merkleroot": merkle_root(leaves)[::-1].hex()}

    rpc = Meddled(small.node.rpc, rewrite={"getblock 3": with_hidden})
    assert await small.read(rpc, small.pin) == [LTC + n for n in range(5)]
