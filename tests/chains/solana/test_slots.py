"""Every reading is of one finalized slot, which is named, or there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.errors import NotFinal, Pruned, RpcFault, Transport
from chains.solana import snapshot
from chains.types import BalanceKey
from scripts.engines.litesvm import LiteSvm
from tests.chains.bent import Bent
from tests.chains.harness_solana import NATIVE, RENT, address
from tests.chains.solana.kit import ALICE, only, token


async def test_readings_name_a_block_that_the_ledger_knows(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    pinned = await adapter.final_block(rpc)
    node.fund({ALICE: RENT})
    node.advance(50)
    block = (await adapter.balances(rpc, pinned, [BalanceKey(ALICE, NATIVE)])).block
    assert block.height == pinned.height + 50 == await rpc.call("getSlot", ({"commitment": "finalized"},))
    told: Any = await rpc.call("getBlock", (block.height, {"transactionDetails": "none", "rewards": False}))
    assert block.hash == told["blockhash"]
    assert block.time is not None
    assert block.time.timestamp() == told["blockTime"]


async def test_a_slot_moving_between_parts_is_read_again(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    wallets = {address(1000 + n): RENT + n for n in range(250)}
    node.fund(wallets)
    node.advance()
    block = await adapter.final_block(rpc)
    moves = iter([False, True, True])  # within the first round of four calls; the second one sees it rest

    def move(method: str) -> None:
        if method == "getMultipleAccounts" and next(moves, False):
            node.fund({address(1000): 1})  # so that answers of different slots do differ
            node.advance()

    bent = Bent(rpc, before=move)
    readings = await adapter.balances(bent, block, [BalanceKey(wallet, NATIVE) for wallet in wallets])
    asked: list[Any] = [params[-1] for _, params in bent.calls]
    assert [config["minContextSlot"] - block.height for config in asked] == [0, 0, 0, 0, 2, 2, 2, 2]
    assert readings.block.height == node.slot == block.height + 2
    assert readings.amounts == [RENT + 2, *list(wallets.values())[1:]]


async def test_a_slot_that_never_rests_gives_no_reading(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, pauses: list[float]
) -> None:
    block = await adapter.final_block(rpc)
    with pytest.raises(Transport, match="one finalized slot"):
        await adapter.balances(Bent(rpc, before=lambda _: node.advance()), block, [BalanceKey(ALICE, NATIVE)])
    assert pauses == [snapshot.SLOT_S] * (snapshot.ATTEMPTS_MAX - 1)


@pytest.mark.parametrize("kind", ["native", "token"])
async def test_a_node_behind_the_pin_gives_no_reading(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, kind: str
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({ALICE: RENT})
    block = await adapter.final_block(rpc)
    future = replace(block, height=block.height + 1)
    key = BalanceKey(ALICE, NATIVE if kind == "native" else token(mint))
    with pytest.raises(Transport, match=f"at or after {future.height}"):
        await adapter.balances(rpc, future, [key])
    node.advance()
    assert (await adapter.balances(rpc, future, [key])).block.height == future.height


async def test_a_listing_behind_the_pin_gives_no_reading(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)

    def lag(method: str, answer: Any) -> Any:
        return RpcFault(-32016, "Minimum context slot has not been reached") if "ByOwner" in method else answer

    with pytest.raises(Transport, match="has not reached"):
        await only(adapter, Bent(rpc, bend=lag), BalanceKey(ALICE, token(mint)))


async def test_amounts_are_never_older_than_the_list_of_accounts(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)

    def listed_later(method: str, answer: Any) -> Any:
        answer["context"]["slot"] += 3 * ("ByOwner" in method)
        return answer

    with pytest.raises(Transport, match=f"at or after {node.slot + 3}"):
        await only(adapter, Bent(rpc, bend=listed_later), BalanceKey(ALICE, token(mint)))


@pytest.mark.parametrize("times", [1, 4, 5])
async def test_state_newer_than_the_slot_it_is_said_to_be_of_is_read_again(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, times: int
) -> None:
    left = times * 2  # calls of one attempt

    def claim_older(_: str, answer: Any) -> Any:
        nonlocal left
        left -= 1
        answer["context"]["slot"] -= left >= 0
        return answer

    bent = Bent(rpc, bend=claim_older)
    if times < snapshot.ATTEMPTS_MAX:
        assert (await adapter.final_block(bent)).height == node.slot
    else:
        with pytest.raises(Transport, match="one finalized slot"):
            await adapter.final_block(bent)
    assert len(bent.calls) == 2 * min(times + 1, snapshot.ATTEMPTS_MAX)


async def test_only_the_final_slot_is_at_hand(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    final = await adapter.final_block(rpc)
    assert final.time is not None
    assert await adapter.block_at(rpc, time=final.time) == final
    with pytest.raises(Pruned):
        await adapter.block_at(rpc, time=final.time - timedelta(seconds=1))
    with pytest.raises(NotFinal):
        await adapter.block_at(rpc, time=final.time + timedelta(seconds=1))
    node.advance(7)
    with pytest.raises(Pruned):
        await adapter.block_at(rpc, height=node.slot - 3)  # a skipped slot
