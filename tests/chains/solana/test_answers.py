"""What only a broken node, index or proxy says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.errors import Malformed, RpcFault
from chains.types import BalanceKey, Reason
from scripts.engines.litesvm import SYSTEM, LiteSvm
from tests.chains.bent import Bent
from tests.chains.harness_solana import NATIVE, RENT, address
from tests.chains.solana.kit import ALICE, BOB, only, token


async def test_never_more_than_a_hundred_keys_a_call(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    bent = Bent(rpc)
    mint = node.create_mint(decimals=6)
    keys = [BalanceKey(address(n), instrument) for n in range(150) for instrument in (NATIVE, token(mint))]
    await adapter.balances(bent, await adapter.final_block(rpc), keys)
    asked = [len(params[0]) for method, params in bent.calls if method == "getMultipleAccounts"]
    assert max(asked) == 100
    assert sum(asked) == 2 + 4 + 300  # the mint with its clock; 150 wallets, 150 derived accounts and four clocks


async def test_every_question_is_about_final_state_not_older_than_the_pin(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    block = await adapter.final_block(rpc)
    bent = Bent(rpc)
    await adapter.balances(bent, block, [BalanceKey(ALICE, NATIVE), BalanceKey(ALICE, token(mint))])
    assert {method for method, _ in bent.calls} == {
        "getLatestBlockhash",
        "getMultipleAccounts",
        "getTokenAccountsByOwner",
    }
    for _, params in bent.calls:
        config: Any = params[-1]
        assert config["commitment"] == "finalized"
        assert config["minContextSlot"] == block.height


def short(value: Any) -> Any:
    return value[1:]


def none(_: Any) -> Any:
    return None


def elsewhere(value: Any) -> Any:
    return [*value[:-1], None]


@pytest.mark.parametrize("bend", [short, none, elsewhere])
async def test_an_answer_that_does_not_fit_the_question_is_malformed(
    rpc: Rpc, adapter: ChainAdapter, bend: Callable[[Any], Any]
) -> None:
    block = await adapter.final_block(rpc)

    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": bend(answer["value"])} if method == "getMultipleAccounts" else answer

    with pytest.raises(Malformed):
        await adapter.balances(Bent(rpc, bend=broken), block, [BalanceKey(ALICE, NATIVE)])


@pytest.mark.parametrize("answer", [None, {}, {"context": {}, "value": []}, {"context": {"slot": -1}, "value": []}])
async def test_an_answer_without_its_slot_is_malformed(rpc: Rpc, adapter: ChainAdapter, answer: Any) -> None:
    with pytest.raises(Malformed):
        await adapter.final_block(Bent(rpc, bend=lambda _, __: answer))


@pytest.mark.parametrize("text", ["", "0" * 44, "1" * 31, 7])
async def test_a_block_hash_that_is_none_is_malformed(rpc: Rpc, adapter: ChainAdapter, text: object) -> None:
    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": {"blockhash": text}} if method == "getLatestBlockhash" else answer

    with pytest.raises(Malformed):
        await adapter.final_block(Bent(rpc, bend=broken))


@pytest.mark.parametrize(
    "fields",
    [
        {"lamports": 2**64},
        {"lamports": -1},
        {"lamports": 1.0},
        {"lamports": True},
        {"lamports": "1"},
        {"lamports": None},
        {"lamports": 2**53, "rentEpoch": 18446744073709552000.0},
        {"owner": None},
        {"data": ["!YWJj", "base64"]},
        {"data": ["", "base58"]},
        {"data": {"parsed": {}}},
    ],
)
async def test_an_account_that_is_none_spoils_only_its_own_key(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, fields: dict[str, object]
) -> None:
    node.fund({ALICE: RENT, BOB: RENT + 1})

    def broken(method: str, answer: Any) -> Any:
        if method == "getMultipleAccounts":
            answer["value"][0] |= fields
        return answer

    block = await adapter.final_block(rpc)
    keys = [BalanceKey(ALICE, NATIVE), BalanceKey(BOB, NATIVE)]
    readings = await adapter.balances(Bent(rpc, bend=broken), block, keys)
    assert readings.amounts == [None, RENT + 1]
    assert readings.failures[0].reason is Reason.MALFORMED


async def test_a_list_that_omits_an_existing_account_is_not_believed(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 5})

    def omit(method: str, answer: Any) -> Any:
        return answer | {"value": []} if method == "getTokenAccountsByOwner" else answer

    assert await only(adapter, Bent(rpc, bend=omit), BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


@pytest.mark.parametrize("value", [None, {}, [None], [{"pubkey": 1}], [{"pubkey": "0OIl"}]])
async def test_a_list_that_is_none_is_malformed(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, value: object) -> None:
    mint = node.create_mint(decimals=6)
    block = await adapter.final_block(rpc)

    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": value} if method == "getTokenAccountsByOwner" else answer

    with pytest.raises(Malformed):
        await adapter.balances(Bent(rpc, bend=broken), block, [BalanceKey(ALICE, token(mint))])


async def test_a_refused_list_is_a_refused_key_and_all_refused_raise(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({BOB: RENT})
    block = await adapter.final_block(rpc)

    def refuse(method: str, answer: Any) -> Any:
        return RpcFault(-32010, "excluded from account secondary indexes") if "ByOwner" in method else answer

    bent = Bent(rpc, bend=refuse)
    readings = await adapter.balances(bent, block, [BalanceKey(ALICE, token(mint)), BalanceKey(BOB, NATIVE)])
    assert readings.amounts == [None, RENT]
    assert readings.failures[0].reason is Reason.REFUSED
    with pytest.raises(RpcFault, match="-32010"):
        await adapter.balances(bent, block, [BalanceKey(ALICE, token(mint)), BalanceKey(BOB, token(mint))])


async def test_decimals_of_what_is_no_mint_are_refused(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    node.fund({ALICE: RENT})
    block = await adapter.final_block(rpc)
    for wrong in (ALICE, BOB, SYSTEM):
        with pytest.raises(RpcFault, match="no mint"):
            await adapter.decimals(rpc, block, token(wrong))


@pytest.mark.parametrize("genesis", [None, 7, "", "abc", "0" * 44])
async def test_a_genesis_hash_that_is_none_is_malformed(rpc: Rpc, adapter: ChainAdapter, genesis: object) -> None:
    with pytest.raises(Malformed):
        await adapter.check_chain(Bent(rpc, bend=lambda _, __: genesis))
