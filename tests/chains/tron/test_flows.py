"""What changed since a height: TRX by the balances a node kept, where it kept any; TRC-20 by Transfer events."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import Json, Rpc
from chains.errors import Malformed, Transport
from chains.tron import address as tron_address
from chains.tron import transfers
from chains.tron.adapter import TronAdapter
from chains.tron.history import NO_HISTORY
from chains.types import Address, BalanceKey, BlockRef, Failure, Reason
from scripts.engines.tron import TronNode
from tests.chains.bent import Bent
from tests.chains.harness_tron import NATIVE, TOKEN, address, trc20
from tests.chains.tron.test_node import asked

ALICE, BOB, CAROL = (address(number) for number in (1, 2, 3))
NO_ZERO = Failure(Reason.REFUSED, NO_HISTORY)
USDT = trc20(TOKEN)


async def since_now(adapter: TronAdapter, rpc: Rpc) -> int:
    return (await adapter.final_block(rpc)).height


async def flows(
    adapter: TronAdapter, rpc: Rpc, since: int, *keys: BalanceKey, until: BlockRef | None = None
) -> list[int | str | None]:
    found = await adapter.flows(rpc, since=since, until=until or await adapter.final_block(rpc), keys=keys)
    return [found.failures[n].detail if amount is None else amount for n, amount in enumerate(found.amounts)]


def coins(*holders: Address) -> list[BalanceKey]:
    return [BalanceKey(holder, NATIVE) for holder in holders]


async def test_coins_by_the_balances_that_the_node_kept(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 100, BOB: 50})
    await node.advance()
    since = await since_now(adapter, rpc)
    await node.set_balances({ALICE: 130, BOB: 20})
    await node.advance()
    assert await flows(adapter, rpc, since, *coins(ALICE, BOB, ALICE)) == [30, -30, 30]


async def test_a_silent_zero_is_never_taken_for_a_balance(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 100})
    await node.advance()
    since = await since_now(adapter, rpc)
    await node.advance()
    node.history_since = None
    assert await flows(adapter, rpc, since, *coins(ALICE)) == [NO_HISTORY]
    node.history_since = since + 1  # history was begun too late
    assert await flows(adapter, rpc, since, *coins(ALICE)) == [NO_HISTORY]
    node.history_since = 0
    assert await flows(adapter, rpc, since, *coins(ALICE)) == [0]


async def test_a_zero_is_believed_of_an_account_that_was_not_there_yet(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    since = await since_now(adapter, rpc)
    await node.set_balances({ALICE: 100, BOB: 5})
    node.accounts[ALICE] = {"create_time": 2**42}
    await node.advance()
    assert await flows(adapter, rpc, since, *coins(ALICE, BOB, CAROL)) == [100, NO_HISTORY, 0]


async def test_an_account_that_was_emptied_is_followed_by_its_trace(rpc: Rpc, adapter: TronAdapter) -> None:
    await adapter.final_block(rpc)

    def bend(method: str, answer: Any) -> Any:
        if method.endswith("getaccountbalance"):
            number = answer["block_identifier"]["number"]
            return {"block_identifier": {"number": number - 1}} if number > 2 else {"balance": 9, **answer}
        if method.endswith("getaccount"):
            return {"address": ALICE, "create_time": 1}
        return answer

    assert await flows(adapter, Bent(rpc, bend=bend), 2, *coins(ALICE)) == [-9]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"balance": 5},
        {"balance": 5, "block_identifier": {}},
        {"balance": -5, "block_identifier": {"number": 1}},
        {"balance": "5", "block_identifier": {"number": 1}},
        {"balance": 5, "block_identifier": {"number": 10**9}},
    ],
)
async def test_what_is_no_balance_is_no_change_and_spoils_no_other(
    node: TronNode, rpc: Rpc, adapter: TronAdapter, answer: Json
) -> None:
    await node.set_balances({BOB: 5})
    await node.advance()
    since, seen = await since_now(adapter, rpc), []

    def bend(method: str, sound: Any) -> Any:
        if method.endswith("balance"):
            seen.append(method)
            return answer if len(seen) == 1 else sound
        return sound

    found = await flows(adapter, Bent(rpc, bend=bend), since, *coins(ALICE, BOB))
    assert str(found[0]).startswith("getaccountbalance: no balance")
    assert found[1] == 0


async def test_a_refusal_about_one_account_stays_its_own(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 1, BOB: 1})
    await node.advance()
    since = await since_now(adapter, rpc)
    seen = []

    def bend(method: str, answer: Any) -> Any:
        if method.endswith("getaccountbalance"):
            seen.append(method)
            return {"Error": "class java.lang.Exception : no"} if len(seen) == 1 else answer
        return answer

    found = await flows(adapter, Bent(rpc, bend=bend), since, *coins(ALICE, BOB))
    assert found == ["class java.lang.Exception : no", 0]


async def test_tokens_by_their_transfers_in_and_out(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_token(TOKEN, decimals=6, balances={ALICE: 100, BOB: 100})
    await node.transfer(TOKEN, ALICE, BOB, 1)  # before
    await node.advance()
    since = await since_now(adapter, rpc)
    for sender, to, amount in ((ALICE, BOB, 10), (BOB, CAROL, 4), (ALICE, ALICE, 3), (CAROL, BOB, 1)):
        await node.transfer(TOKEN, sender, to, amount)
    await node.advance()
    keys = [BalanceKey(holder, USDT) for holder in (ALICE, BOB, CAROL, address(4))]
    assert await flows(adapter, rpc, since, *keys) == [-10, 7, 3, 0]
    now = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    assert list(now.amounts) == [89, 108, 3, 0]


async def test_transfers_after_the_reading_do_not_count(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_token(TOKEN, decimals=6, balances={ALICE: 100})
    await node.advance()
    since, until = await since_now(adapter, rpc), await adapter.final_block(rpc)
    await node.transfer(TOKEN, ALICE, BOB, 10)
    await node.advance()
    assert await flows(adapter, rpc, since, BalanceKey(ALICE, USDT), until=until) == [0]
    assert await flows(adapter, rpc, since, BalanceKey(ALICE, USDT)) == [-10]


async def test_a_long_way_is_asked_in_ranges_that_a_node_takes(
    node: TronNode, rpc: Rpc, adapter: TronAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("chains.tron.transfers", "scripts.engines.tron"):
        monkeypatch.setattr(f"{place}.RANGE_MAX", 20)
    await node.set_token(TOKEN, decimals=6, balances={ALICE: 100})
    await node.advance()
    since = await since_now(adapter, rpc)
    await node.transfer(TOKEN, ALICE, BOB, 10)
    await node.anvil.mine(30)
    await node.transfer(TOKEN, BOB, ALICE, 3)
    await node.advance()
    bent = Bent(rpc)
    assert await flows(adapter, bent, since, BalanceKey(ALICE, USDT)) == [-7]
    assert len(asked(bent, "jsonrpc")) == 1 + 4


async def test_a_range_that_is_refused_is_asked_in_halves(
    node: TronNode, rpc: Rpc, adapter: TronAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.engines.tron.LOGS_MAX", 1)
    await node.set_token(TOKEN, decimals=6, balances={ALICE: 100})
    await node.advance()
    since = await since_now(adapter, rpc)
    for amount in (1, 2, 3):
        await node.transfer(TOKEN, ALICE, BOB, amount)
    await node.advance()
    assert await flows(adapter, rpc, since, BalanceKey(ALICE, USDT), BalanceKey(BOB, USDT)) == [-6, 6]


async def test_a_node_without_event_logs_fails_the_tokens_and_not_the_coins(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    await node.set_balances({ALICE: 1})
    await node.advance()
    since = await since_now(adapter, rpc)
    await node.advance()
    gone = {"error": {"code": -32601, "message": "the method eth_getLogs does not exist"}}
    bent = Bent(rpc, bend=lambda method, answer: gone if method.endswith("jsonrpc") else answer)
    found = await flows(adapter, bent, since, BalanceKey(ALICE, USDT), *coins(ALICE))
    assert found == ["-32601: bent: the method eth_getLogs does not exist", 0]


async def test_a_node_that_has_not_come_so_far_is_not_believed(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    block = await adapter.final_block(rpc)
    ahead = BlockRef(block.height + 100, "later", block.time)
    with pytest.raises(Transport, match="behind"):
        await flows(adapter, rpc, block.height, BalanceKey(ALICE, USDT), until=ahead)
    for answer in ({}, {"result": None}, {"result": "later"}):
        bent = Bent(rpc, bend=lambda method, sound: answer if method.endswith("jsonrpc") else sound)  # noqa: B023
        with pytest.raises(Malformed):
            await flows(adapter, bent, block.height, BalanceKey(ALICE, USDT))


def log(**changes: Any) -> dict[str, Any]:
    topics = [transfers._TRANSFER, transfers._topic(ALICE), transfers._topic(BOB)]
    sound = {
        "address": "0x" + tron_address.raw(TOKEN).hex(),
        "topics": topics,
        "data": f"0x{5:064x}",
        "blockNumber": "0x3",
        "removed": False,
    }
    return sound | changes


@pytest.mark.parametrize(
    "event",
    [
        None,
        log(removed=True),
        log(blockNumber="0x2"),
        log(blockNumber="0x99"),
        log(blockNumber="three"),
        log(address="0x" + "11" * 20),
        log(data="0x5"),
        log(data="0x" + "zz" * 32),
        log(topics=[transfers._TRANSFER, transfers._topic(ALICE)]),
        log(topics=["0x" + "00" * 32, transfers._topic(ALICE), transfers._topic(BOB)]),
        log(topics=[transfers._TRANSFER, transfers._topic(CAROL), transfers._topic(CAROL)]),
    ],
)
async def test_an_event_that_was_not_asked_for_is_never_added(
    node: TronNode, rpc: Rpc, adapter: TronAdapter, event: Json
) -> None:
    bent = Bent(rpc, bend=lambda _, sound: {"result": [event]} if sound.get("result") == [] else sound)
    with pytest.raises(Malformed):
        await flows(adapter, bent, 2, BalanceKey(ALICE, USDT))
