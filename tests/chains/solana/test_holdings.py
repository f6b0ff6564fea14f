"""What may stand where a token account is expected, on the real runtime."""

from __future__ import annotations

from struct import pack

import pytest
from solders.pubkey import Pubkey

from chains.adapter import ChainAdapter, Rpc
from chains.types import Address, BalanceKey, Reason
from scripts.engines.litesvm import TOKEN, TOKEN_2022, LiteSvm
from tests.chains.harness_solana import NATIVE, RENT
from tests.chains.solana.kit import ALICE, BOB, only, token


async def test_a_null_account_is_an_explicit_zero(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)
    assert await only(adapter, rpc, BalanceKey(ALICE, NATIVE)) == 0
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 0


async def test_lamports_sent_ahead_to_the_derived_address_hide_nothing(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({Address(node.derived(mint, ALICE)): RENT})
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 0
    node.mint_to(mint, {ALICE: 7})
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 7


@pytest.mark.parametrize("stray", [True, False])
async def test_a_foreign_account_at_the_derived_address_is_no_zero(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter, stray: bool
) -> None:
    mint = node.create_mint(decimals=6)
    content = bytes(Pubkey.from_string(mint)) + bytes(Pubkey.from_string(ALICE)) + pack("<Q", 99) + bytes(93)
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=BOB, data=content)
    assert await only(adapter if stray else derived_only, rpc, BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


@pytest.mark.parametrize("wrong", ["mint", "holder", "state", "length"])
async def test_a_token_account_of_another_content_is_no_zero(
    node: LiteSvm, rpc: Rpc, derived_only: ChainAdapter, wrong: str
) -> None:
    mint = node.create_mint(decimals=6)
    content = bytearray(165)
    content[:32] = bytes(Pubkey.from_string(BOB if wrong == "mint" else mint))
    content[32:64] = bytes(Pubkey.from_string(BOB if wrong == "holder" else ALICE))
    content[64:72] = pack("<Q", 99)
    content[108] = 0 if wrong == "state" else 1
    data = bytes(content)[:-1] if wrong == "length" else bytes(content)
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=TOKEN, data=data)
    assert await only(derived_only, rpc, BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


async def test_a_frozen_account_still_holds(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)
    content = bytes(Pubkey.from_string(mint)) + bytes(Pubkey.from_string(ALICE)) + pack("<Q", 99) + bytes(36) + b"\2"
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=TOKEN, data=content.ljust(165, b"\0"))
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 99


@pytest.mark.parametrize("program", [TOKEN, TOKEN_2022])
async def test_both_programs_and_their_own_derived_addresses(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter, program: str
) -> None:
    mint = node.create_mint(decimals=3, program=program)
    node.mint_to(mint, {ALICE: 11})
    for each in (adapter, derived_only):
        assert await only(each, rpc, BalanceKey(ALICE, token(mint))) == 11
        assert await only(each, rpc, BalanceKey(BOB, token(mint))) == 0
        assert await each.decimals(rpc, await each.final_block(rpc), token(mint)) == 3


async def test_stray_accounts_are_added_and_missed_only_by_choice(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 1})
    for amount in (20, 300):
        node.open_stray(mint, ALICE, amount)
    node.open_stray(mint, BOB, 4_000)
    node.open_stray(node.create_mint(decimals=6), ALICE, 50_000)
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 321
    assert await only(adapter, rpc, BalanceKey(BOB, token(mint))) == 4_000
    assert await only(derived_only, rpc, BalanceKey(ALICE, token(mint))) == 1


async def test_a_listed_token_account_is_not_counted_beside_its_holder(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint, other = node.create_mint(decimals=6), node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 5})
    account = Address(node.derived(mint, ALICE))
    block = await adapter.final_block(rpc)
    readings = await adapter.balances(
        rpc,
        block,
        [BalanceKey(account, token(mint)), BalanceKey(ALICE, token(mint)), BalanceKey(account, token(other))],
    )
    assert readings.amounts == [None, 5, 0]
    assert readings.failures[0].reason is Reason.UNSUPPORTED
    assert ALICE in readings.failures[0].detail
