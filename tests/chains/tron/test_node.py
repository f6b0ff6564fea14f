"""The traps of java-tron: one state for all, frozen coins, calls that are too much, blocks that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import Json, Rpc
from chains.errors import Malformed, RpcFault, Transport
from chains.tron.adapter import TronAdapter
from chains.types import BalanceKey, Liquidity
from scripts.engines.tron import TronNode, hexadecimal
from tests.chains.bent import Bent
from tests.chains.harness_tron import NATIVE, TOKEN, address, trc20

ALICE, BOB = address(1), address(2)
FROZEN = {"frozenV2": [{"amount": 40}], "unfrozenV2": [{"unfreeze_amount": 2}]}


def asked(rpc: Bent, path: str) -> list[Any]:
    return [params for method, params in rpc.calls if method.endswith(path)]


async def test_frozen_coins_stand_beside_the_liquid_ones(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 7, BOB: 5})
    node.accounts[ALICE] = FROZEN
    await node.advance()
    keys = [BalanceKey(holder, NATIVE) for holder in (BOB, ALICE, address(3))]
    found = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    assert list(found.amounts) == [5, 7, 0]
    assert found.locked == {1: {Liquidity.STAKED: 40, Liquidity.UNBONDING: 2}}


async def test_an_account_that_moves_between_two_calls_is_asked_again(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    await node.set_balances({ALICE: 7, BOB: 5})
    node.accounts[ALICE] = FROZEN
    await node.advance()
    moves = 0

    async def move(method: str) -> None:
        nonlocal moves
        if method.endswith(("getaccount", "contract")):
            moves += 1
            await node.set_balances({ALICE: 7 + moves})  # at every request, and nothing is frozen by that
            await node.advance()

    bent = Bent(rpc, before=move)
    keys = [BalanceKey(holder, NATIVE) for holder in (ALICE, BOB)]
    found = await adapter.balances(bent, await adapter.final_block(rpc), keys)
    assert list(found.amounts) == [11, 5]
    assert found.locked == {0: {Liquidity.STAKED: 40, Liquidity.UNBONDING: 2}}
    assert [params["address"] for params in asked(bent, "getaccount")] == [ALICE, BOB, ALICE]
    told = await adapter.controllers(bent, found.block, [ALICE, BOB])
    assert told.block == found.block
    again = [params["address"] for params in asked(bent, "getaccount")][3:]
    assert again == [BOB], "who acts for Bob was told before the block that served the amounts"


async def test_what_is_frozen_at_another_moment_is_never_taken_for_this_one(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    await node.set_balances({ALICE: 7})
    await node.advance()

    async def freeze(method: str) -> None:
        if method.endswith(("getaccount", "contract")):
            more = len(node.asked)
            node.accounts[ALICE] = {"frozenV2": [{"amount": more}]}
            await node.set_balances({ALICE: 10**6 - more})
            await node.advance()

    with pytest.raises(Transport, match="frozen changes faster"):
        await adapter.balances(Bent(rpc, before=freeze), await adapter.final_block(rpc), [BalanceKey(ALICE, NATIVE)])


async def test_parts_of_different_blocks_are_asked_again_until_they_are_of_one(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    holders = [address(100 + n) for n in range(450)]
    await node.set_token(TOKEN, decimals=6, balances=dict.fromkeys(holders, 9))
    await node.advance()
    block, parts = await adapter.final_block(rpc), 0

    async def move(method: str) -> None:
        nonlocal parts
        parts += method.endswith("contract")
        if parts == 2:
            await node.set_token(TOKEN, decimals=6, balances=dict.fromkeys(holders, 11))
            await node.advance()

    found = await adapter.balances(Bent(rpc, before=move), block, [BalanceKey(each, trc20(TOKEN)) for each in holders])
    assert parts == 6
    assert set(found.amounts) == {11}
    assert found.block.height > block.height


async def test_a_call_that_is_too_much_is_split(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    holders = [address(100 + n) for n in range(150)]
    await node.set_token(TOKEN, decimals=6, balances={holder: n for n, holder in enumerate(holders)})
    await node.advance()
    node.calls_max = 50
    keys = [BalanceKey(each, trc20(TOKEN)) for each in holders]
    found = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    assert list(found.amounts) == list(range(150))
    node.calls_max = 3
    with pytest.raises(Exception, match="OutOfTime"):
        await adapter.balances(rpc, await adapter.final_block(rpc), keys)


async def test_nothing_but_the_solid_state_is_asked(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 7})
    await node.advance()
    await node.set_balances({ALICE: 8})
    await node.anvil.mine(1)  # newer, and not solid
    bent = Bent(rpc)
    found = await adapter.balances(bent, await adapter.final_block(bent), [BalanceKey(ALICE, NATIVE)])
    assert list(found.amounts) == [7]
    assert {method.split("/")[0] for method, _ in bent.calls} == {"POST walletsolidity"}


async def test_an_older_state_than_the_pin_is_refused(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    block = await adapter.final_block(rpc)
    ahead = type(block)(block.height + 1, "later", block.time)
    with pytest.raises(Transport, match="did not answer from one solid block"):
        await adapter.balances(rpc, ahead, [BalanceKey(ALICE, NATIVE)])


async def test_a_header_that_does_not_follow_the_parent_of_the_state_is_refused(
    node: TronNode, rpc: Rpc, adapter: TronAdapter
) -> None:
    def bend(method: str, answer: Any) -> Any:
        if method.endswith("getblock"):
            answer["block_header"]["raw_data"]["parentHash"] = "0" * 64
        return answer

    with pytest.raises(Malformed, match="different parents"):
        await adapter.balances(Bent(rpc, bend=bend), await adapter.final_block(rpc), [BalanceKey(ALICE, NATIVE)])


async def test_one_greedy_token_costs_its_neighbours_nothing(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    greedy = address(50)
    await node.anvil.set_code(hexadecimal(greedy), "0xfe")  # burns all it is given
    await node.set_token(TOKEN, decimals=6, balances={ALICE: 3})
    await node.advance()
    keys = [BalanceKey(ALICE, trc20(greedy)), BalanceKey(ALICE, trc20(TOKEN)), BalanceKey(ALICE, NATIVE)]
    found = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    assert list(found.amounts) == [None, 3, 0]


BUSY: Json = {"Error": "class java.lang.Exception : busy"}
NO_CONTRACT: Json = {"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": b"No contract".hex()}}
REVERTED: Json = {"result": {"result": True, "message": "REVERT opcode executed"}}


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("getblock", BUSY, "class java.lang.Exception : busy"),
        ("contract", NO_CONTRACT, "CONTRACT_VALIDATE_ERROR: No contract"),
        ("contract", REVERTED, "REVERT opcode executed"),
        ("getaccount", BUSY, "class java.lang.Exception : busy"),
    ],
)
async def test_a_refusal_with_status_200_is_a_refusal(
    rpc: Rpc, adapter: TronAdapter, path: str, answer: Json, words: str
) -> None:
    block = await adapter.final_block(rpc)
    bent = Bent(rpc, bend=lambda method, sound: answer if method.endswith(path) else sound)
    with pytest.raises(RpcFault, match=words):
        await adapter.balances(bent, block, [BalanceKey(ALICE, NATIVE)])


async def test_an_account_that_is_malformed_costs_only_itself(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 7, BOB: 5})
    await node.advance()

    def bend(method: str, answer: Any) -> Any:
        is_alice = method.endswith("getaccount") and answer.get("address") == ALICE
        return answer | {"frozenV2": "much"} if is_alice else answer

    keys = [BalanceKey(holder, NATIVE) for holder in (BOB, ALICE)]
    found = await adapter.balances(Bent(rpc, bend=bend), await adapter.final_block(rpc), keys)
    assert list(found.amounts) == [5, None]
    assert found.failures[1].detail == "getaccount: a list that is none"


@pytest.mark.parametrize("answer", [None, [], {"blockID": 5}, {"blockID": "00", "block_header": {"raw_data": {}}}])
async def test_what_is_no_header_is_malformed(rpc: Rpc, adapter: TronAdapter, answer: Json) -> None:
    with pytest.raises(Malformed):
        await adapter.final_block(Bent(rpc, bend=lambda *_: answer))
