"""What changed since a slot: every transaction that names an account, on litesvm; and lists that are not believed."""

from __future__ import annotations

from typing import Any

import pytest
from solders.keypair import Keypair

from chains.adapter import Json, Reconciling, Rpc
from chains.errors import Malformed, Pruned, Transport
from chains.solana import history
from chains.solana.adapter import SolanaAdapter
from chains.solana.transactions import Holder, transaction
from chains.types import BalanceKey, BlockRef, Flows, Instrument
from scripts.engines.litesvm import TOKEN_2022, LiteSvm
from tests.chains.bent import Bent
from tests.chains.harness_solana import NATIVE, address
from tests.chains.solana.kit import ALICE, BOB, token

SOL = 10**9


def followed(flows: Flows) -> list[int | str]:
    return [flows.failures[n].detail if amount is None else amount for n, amount in enumerate(flows.amounts)]


async def flows(
    adapter: SolanaAdapter, rpc: Rpc, since: int, *keys: BalanceKey, until: BlockRef | None = None
) -> list[int | str]:
    assert isinstance(adapter, Reconciling)
    block = until or await adapter.final_block(rpc)
    return followed(await adapter.flows(rpc, since=since, until=block, keys=keys))


async def explained(
    node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter, *keys: BalanceKey, after: Any
) -> tuple[list[int | None], list[int | None], list[int | str]]:
    """What keys hold before and after something happens, and what transactions say of it."""
    before = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    node.advance()
    after()
    node.advance()
    now = await adapter.balances(rpc, await adapter.final_block(rpc), keys)
    moved = await flows(adapter, rpc, before.block.height, *keys, until=now.block)
    return list(before.amounts), list(now.amounts), moved


def changed(before: list[int | None], now: list[int | None]) -> list[int]:
    return [last - first for first, last in zip(before, now, strict=True) if first is not None and last is not None]


def key_of(wallet: Keypair, instrument: Instrument = NATIVE) -> BalanceKey:
    return BalanceKey(address(0), instrument)._replace(address=str(wallet.pubkey()))  # type: ignore[arg-type]


async def test_lamports_in_and_out(node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter) -> None:
    sender = node.wallet(1)
    node.fund({key_of(sender).address: 5 * SOL, ALICE: SOL})

    def happens() -> None:
        node.pay(sender, ALICE, SOL)
        node.advance()
        node.pay(sender, BOB, SOL // 2)
        node.pay(sender, str(sender.pubkey()), SOL)

    keys = [key_of(sender), BalanceKey(ALICE, NATIVE), BalanceKey(BOB, NATIVE), BalanceKey(address(77), NATIVE)]
    before, now, moved = await explained(node, rpc, adapter, *keys, after=happens)
    assert moved == changed(before, now) == [-SOL - SOL // 2, SOL, SOL // 2, 0]


@pytest.mark.parametrize("program", [None, TOKEN_2022])
async def test_tokens_whose_transfers_do_not_name_the_wallet(
    node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter, program: str | None
) -> None:
    mint = node.create_mint(decimals=6, **({} if program is None else {"program": program}))
    sender = node.wallet(1)
    wallet = key_of(sender, token(mint))
    node.mint_to(mint, {wallet.address: 100, ALICE: 10})
    source, to = node.derived(mint, wallet.address), node.derived(mint, ALICE)

    def happens() -> None:
        node.send_tokens(sender, source=source, to=to, amount=30)
        node.advance()
        node.send_tokens(sender, source=source, to=source, amount=5)
        node.mint_to(mint, {BOB: 4})

    keys = [wallet, BalanceKey(ALICE, token(mint)), BalanceKey(BOB, token(mint))]
    before, now, moved = await explained(node, rpc, adapter, *keys, after=happens)
    assert moved == changed(before, now) == [-30, 30, 4]


async def test_token_accounts_that_came_and_went_in_between(node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter) -> None:
    mint, sender = node.create_mint(decimals=6), node.wallet(1)
    wallet = key_of(sender, token(mint))
    node.fund({wallet.address: SOL})
    node.mint_to(mint, {wallet.address: 100, ALICE: 1})
    stray = node.open_stray(mint, wallet.address, 40)
    derived = node.derived(mint, wallet.address)

    def happens() -> None:
        node.send_tokens(sender, source=derived, to=stray, amount=25)  # within the wallet
        node.send_tokens(sender, source=stray, to=node.derived(mint, ALICE), amount=65)
        node.close(sender, stray)
        node.open_stray(mint, wallet.address, 7)

    before, now, moved = await explained(node, rpc, adapter, wallet, after=happens)
    assert (before, now) == ([140], [82])
    assert moved == [-58]


async def test_what_is_outside_the_window_does_not_count(node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter) -> None:
    node.fund({ALICE: SOL})
    since = (await adapter.final_block(rpc)).height
    node.advance()
    node.fund({ALICE: 2})
    until = await adapter.final_block(rpc)
    node.advance()
    node.fund({ALICE: 4})
    key = BalanceKey(ALICE, NATIVE)
    assert await flows(adapter, rpc, since, key, until=until) == [2]
    assert await flows(adapter, rpc, since, key) == [6]
    assert await flows(adapter, rpc, until.height, key) == [4]
    assert await flows(adapter, rpc, since - 1, key) == [SOL + 6]


async def test_long_lists_are_read_page_by_page(
    node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    node.fund({ALICE: SOL})
    since = (await adapter.final_block(rpc)).height
    for number in range(7):
        node.advance()
        node.fund({ALICE: 10**number})
    key = BalanceKey(ALICE, NATIVE)
    assert await flows(adapter, rpc, since, key) == [1_111_111]
    monkeypatch.setattr(history, "PAGES_MAX", 2)
    assert await flows(adapter, rpc, since, key) == [f"more than 6 transactions since slot {since}"]


async def test_a_node_whose_history_begins_later_is_refused(node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter) -> None:
    since = (await adapter.final_block(rpc)).height
    node.advance()
    node.first_available = since + 1
    with pytest.raises(Pruned, match=f"history begins at slot {since + 1}"):
        await flows(adapter, rpc, since, BalanceKey(ALICE, NATIVE))
    node.first_available = since
    assert await flows(adapter, rpc, since, BalanceKey(ALICE, NATIVE)) == [0]


async def test_one_account_that_cannot_be_followed_costs_no_other(
    node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter
) -> None:
    since = (await adapter.final_block(rpc)).height
    node.advance()
    node.fund({ALICE: SOL})
    node.advance()
    node.fund({BOB: SOL})
    lost = next(one.signature for one in node.transactions if ALICE in one.keys)
    del node.transactions[[one.signature for one in node.transactions].index(lost)]

    def bend(method: str, answer: Any) -> Any:
        return [{"signature": lost, "slot": since + 1}] if answer == [] else answer

    keys = [BalanceKey(ALICE, NATIVE), BalanceKey(BOB, NATIVE), BalanceKey(ALICE, token(address(5000)))]
    found = await flows(adapter, Bent(rpc, bend=bend), since, *keys)
    assert found == [
        f"the node lists transaction {lost} but does not have it",
        SOL,
        "no account at the address of the mint",
    ]


async def test_a_node_behind_the_reading_is_asked_again_later(node: LiteSvm, rpc: Rpc, adapter: SolanaAdapter) -> None:
    block = await adapter.final_block(rpc)
    ahead = BlockRef(block.height + 10, block.hash, block.time)
    for instrument in (NATIVE, token(node.create_mint(decimals=6))):
        with pytest.raises(Transport):
            await flows(adapter, rpc, block.height, BalanceKey(ALICE, instrument), until=ahead)


@pytest.mark.parametrize(
    "answer",
    [None, {}, [{}], [{"signature": "x"}], [{"signature": "x", "slot": "5"}], [{"signature": 1, "slot": 5}],
     [{"signature": "x", "slot": 5}, {"signature": "y", "slot": 6}]],
)  # fmt: skip
async def test_what_is_no_list_of_signatures_is_malformed(rpc: Rpc, adapter: SolanaAdapter, answer: Json) -> None:
    bent = Bent(rpc, bend=lambda method, sound: answer if method == "getSignaturesForAddress" else sound)
    with pytest.raises(Malformed):
        await flows(adapter, bent, 0, BalanceKey(ALICE, NATIVE))


def sound(**meta: Any) -> dict[str, Any]:
    whole = {
        "preBalances": [10, 0, 1],
        "postBalances": [4, 5, 1],
        "preTokenBalances": [],
        "postTokenBalances": [held(2, "7")],
        "loadedAddresses": {"writable": ["b"], "readonly": ["c"]},
    }
    return {
        "slot": 9,
        "transaction": {"signatures": ["s", "t"], "message": {"accountKeys": ["a"]}},
        "meta": whole | meta,
    }


def held(index: int, amount: object, **fields: Any) -> dict[str, Any]:
    return {"accountIndex": index, "mint": "m", "owner": "o", "uiTokenAmount": {"amount": amount}} | fields


def test_loaded_addresses_follow_those_of_the_message_writable_ones_first() -> None:
    found = transaction(sound(), signature="s")
    assert (found.slot, found.lamports) == (9, {"a": -6, "b": 5, "c": 0})
    assert found.tokens == {Holder("c", "o", "m"): 7}


def test_a_token_account_that_is_gone_afterwards_has_lost_all_it_had() -> None:
    body = sound(preTokenBalances=[held(1, "30"), held(2, "2")], postTokenBalances=[held(2, "7")])
    assert transaction(body, signature="s").tokens == {Holder("b", "o", "m"): -30, Holder("c", "o", "m"): 5}


def test_a_token_account_that_changes_hands_is_lost_by_one_and_won_by_the_other() -> None:
    body = sound(preTokenBalances=[held(1, "30")], postTokenBalances=[held(1, "30", owner="p")])
    assert transaction(body, signature="s").tokens == {Holder("b", "o", "m"): -30, Holder("b", "p", "m"): 30}


@pytest.mark.parametrize(
    "meta",
    [
        {"preBalances": [1, 2]},
        {"postBalances": [1, 2, 3, 4]},
        {"preBalances": [1, 2, -3]},
        {"preBalances": [1, 2, 2**64]},
        {"preBalances": [1, 2, True]},
        {"preBalances": None},
        {"loadedAddresses": None},
        {"loadedAddresses": {"writable": ["b"]}},
        {"loadedAddresses": {"writable": ["b"], "readonly": [3]}},
        {"loadedAddresses": {"writable": ["b"], "readonly": ["a"]}},
        {"preTokenBalances": None},
        {"preTokenBalances": [held(3, "1")]},
        {"preTokenBalances": [held(0, 1)]},
        {"preTokenBalances": [held(0, "1.5")]},
        {"preTokenBalances": [held(0, "9" * 30)]},
        {"preTokenBalances": [held(0, "1", owner=None)]},
    ],
)
def test_half_a_transaction_is_malformed(meta: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        transaction(sound(**meta), signature="s")


def test_another_transaction_than_was_asked_for_is_malformed() -> None:
    with pytest.raises(Malformed):
        transaction(sound(), signature="t")
