"""What a transaction changed, from states and messages as toncenter prints them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.answers import shape
from chains.codec.ton_cell import cell
from chains.errors import Malformed
from chains.ton.transactions import (
    BURN,
    BURN_NOTIFICATION,
    INTERNAL_TRANSFER,
    NOBODY,
    SET_STATUS,
    TRANSFER,
    Transaction,
    coins,
    jettons,
)
from tests.chains.harness_ton import message, state

EXCESSES = 0xD53276DB
IDS = {"account": "x", "lt": "1", "prev_trans_lt": "0", "mc_block_seqno": 1}


def transaction(
    before: dict[str, Any], after: dict[str, Any], *, body: str | None = None, returned: bool = False
) -> Transaction:
    said = None if body is None else {"bounced": returned, "message_content": {"body": body}}
    states = {"account_state_before": before, "account_state_after": after}
    return shape(Transaction, {**IDS, **states, "in_msg": said}, "transactions")


def kept(data: str | None, **said: Any) -> dict[str, Any]:
    """The state of a jetton wallet."""
    return state(10**7) | {"data_hash": data} | said


def changed(operation: int, amount: int, *, returned: bool = False) -> Transaction:
    return transaction(kept("a"), kept("b"), body=message(operation, amount, returned=returned), returned=returned)


SILENT = {**IDS, "account_state_before": kept("a"), "account_state_after": kept("b")}
"""A wallet that changed, and nothing of why."""


def test_coins_are_what_the_account_has_after_less_what_it_had_before() -> None:
    assert coins(transaction(state(5), state(3))) == -2
    assert coins(transaction(state(None), state(7))) == 7
    assert coins(transaction(state(7), state(None))) == -7


def test_coins_of_a_frozen_account_are_none_as_in_its_reading() -> None:
    frozen = state(9) | {"account_status": "frozen"}
    assert coins(transaction(state(10), frozen)) == -10
    assert coins(transaction(frozen, state(12))) == 12


def test_a_state_that_the_index_has_lost_is_not_one_of_nobody() -> None:
    lost = {"hash": "lost", "balance": None, "account_status": None}
    with pytest.raises(Malformed):
        coins(transaction(lost, state(5)))


@given(st.integers(0, 2**120 - 1))
def test_jettons_come_and_go_by_messages(amount: int) -> None:
    assert jettons(changed(INTERNAL_TRANSFER, amount)) == amount
    assert jettons(changed(TRANSFER, amount)) == -amount
    assert jettons(changed(BURN, amount)) == -amount
    assert jettons(changed(INTERNAL_TRANSFER, amount, returned=True)) == amount
    assert jettons(changed(BURN_NOTIFICATION, amount, returned=True)) == amount
    assert jettons(changed(SET_STATUS, amount)) == 0


def test_the_first_transfer_makes_the_wallet() -> None:
    assert jettons(transaction(state(None), kept("b"), body=message(INTERNAL_TRANSFER, 8))) == 8
    uninit = kept(None, account_status="uninit")  # somebody sent coins before
    assert jettons(transaction(uninit, kept("b"), body=message(INTERNAL_TRANSFER, 8))) == 8


@pytest.mark.parametrize("operation", [TRANSFER, BURN, INTERNAL_TRANSFER, EXCESSES])
def test_nothing_moved_where_the_data_stayed(operation: int) -> None:
    assert jettons(transaction(kept("a"), kept("a"), body=message(operation, 8))) == 0
    assert jettons(transaction(kept("a"), kept("a"))) == 0


@pytest.mark.parametrize(
    "one",
    [
        changed(EXCESSES, 8),
        changed(TRANSFER, 8, returned=True),
        changed(BURN_NOTIFICATION, 8),
        transaction(kept("a"), kept("b")),
        transaction(kept("a"), kept("b"), body="no base 64"),
        transaction(kept("a"), kept("b"), body="te6cckEBAQEAAgAAAEysuc0="),
        transaction(kept("a"), kept("b"), body=message(TRANSFER, 2**119)[:-4]),
        transaction(kept("a"), kept(None, account_status="frozen"), body=message(INTERNAL_TRANSFER, 8)),
        transaction(kept(None, account_status="frozen"), kept("a"), body=message(INTERNAL_TRANSFER, 8)),
        transaction(kept("a"), state(None), body=message(TRANSFER, 8)),
        transaction(kept(None), kept(None), body=message(TRANSFER, 8)),  # an index that says no hashes of data
        shape(Transaction, {**SILENT, "in_msg": {"message_content": {"body": None}}}, "transactions"),
        shape(Transaction, SILENT, "transactions"),
    ],
)
def test_a_change_that_is_not_understood_is_not_taken_for_none(one: Transaction) -> None:
    with pytest.raises(Malformed):
        jettons(one)


def test_nobody_is_the_hash_of_a_cell_of_one_zero() -> None:
    assert base64.b64encode(cell("0").hash).decode() == NOBODY
