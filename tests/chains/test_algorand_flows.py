"""Transactions by an indexer and their traps: inner ones, closings, clawbacks, proposers' pay, pages without an end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.algorand import indexer
from chains.algorand.flows import asset_change, coin_change
from chains.algorand.indexer import AssetTransfer, Payment, Transaction
from chains.codec import algorand
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.types import BalanceKey, Failure
from tests.chains.harness_algorand import GOOD, NATIVE, SPEC, Algod, key, transfer
from tests.chains.kit import asking, moved
from tests.chains.served import Refusal
from tests.chains.world import World

KEY, HOLDER, STILL = key(2), key(3), key(4)
COINS = BalanceKey(HOLDER.address, NATIVE)
ASSET = 312769
SINCE = 3


def world() -> World:
    made = World()
    for _ in range(8):
        made.tick()
    return made


async def test_payments_fees_and_what_proposers_are_paid() -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        server.planted = [
            transfer(SINCE, GOOD, KEY.address, 1000),
            transfer(4, GOOD, KEY.address, 500),
            transfer(5, KEY.address, GOOD, 30, fee=2),
            transfer(6, KEY.address, KEY.address, 7, fee=1),
        ]
        server.proposed = [(SINCE, KEY.address, 9000), (5, KEY.address, 60), (6, KEY.address, 0), (6, GOOD, 11)]
        assert await moved(ask, SINCE, KEY, STILL) == [500 - 32 - 1 + 60, 0]
        assert await moved(ask, server.world.head, KEY) == [0]


async def test_inner_transactions_count_and_a_root_that_comes_twice_counts_once() -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        inner = transfer(5, GOOD, KEY.address, 40)
        deeper = {"sender": GOOD, "tx-type": "appl", "inner-txns": [transfer(5, KEY.address, GOOD, 4, fee=1)]}
        call = {"id": "CALL", "confirmed-round": 5, "sender": KEY.address, "fee": 3, "tx-type": "appl"}
        server.planted = [call | {"inner-txns": [inner, deeper]}] * 2
        assert await moved(ask, SINCE, KEY) == [40 - 4 - 1 - 3]


async def test_pages_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        server.page_max = 2
        server.planted = [transfer(height, GOOD, KEY.address, 1) for height in range(4, 10)]
        server.proposed = [(height, KEY.address, 10) for height in range(4, 10)]
        assert await moved(ask, SINCE, KEY) == [66]
        monkeypatch.setattr(indexer, "PAGES_MAX", 3)
        (failure,) = await moved(ask, SINCE, KEY)
        assert isinstance(failure, Failure)
        assert failure.detail == f"more than 3 pages since {SINCE + 1}"


async def test_assets_are_taken_back_closed_out_and_frozen() -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        clawback = transfer(4, GOOD, GOOD, 100, asset=ASSET)
        clawback["asset-transfer-transaction"]["sender"] = HOLDER.address
        ordered = transfer(5, HOLDER.address, GOOD, 8, asset=ASSET)
        ordered["asset-transfer-transaction"]["sender"] = key(5).address  # from somebody else, by its order
        closed = transfer(6, HOLDER.address, GOOD, 1, asset=ASSET)
        closed["asset-transfer-transaction"] |= {"close-to": GOOD, "close-amount": 70}
        other = transfer(6, GOOD, HOLDER.address, 1, asset=ASSET + 1)
        server.planted = [clawback, ordered, closed, other]
        assert await moved(ask, SINCE, HOLDER, COINS) == [-100 - 71, 0]
        frozen = {"address": HOLDER.address, "asset-id": ASSET, "new-freeze-status": True}
        freeze = {"id": "F", "confirmed-round": 7, "sender": GOOD, "fee": 1, "tx-type": "afrz"}
        server.planted.append(freeze | {"asset-freeze-transaction": frozen})
        failure, coins = await moved(ask, SINCE, HOLDER, COINS)
        assert isinstance(failure, Failure)
        assert failure.detail == "it was frozen or freed meanwhile"
        assert coins == 0


async def test_an_index_that_is_behind_or_begins_later_or_is_not_there_is_no_answer() -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        server.lag = 1
        with pytest.raises(Transport, match="not yet"):
            await moved(ask, SINCE, KEY)
        server.lag, server.first_round = 0, SINCE + 1
        with pytest.raises(Pruned):
            await moved(ask, SINCE, KEY)

        def node(path: str, params: Any) -> Any:
            raise Refusal(501, {"message": "not served here"})

        server._indexer = node  # type: ignore[method-assign]
        with pytest.raises((RpcFault, Transport)):
            await moved(ask, SINCE, KEY)


async def test_one_account_that_cannot_be_listed_spares_the_others() -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        listing = server._indexer

        def partly(path: str, params: Any) -> Any:
            if KEY.address in path:
                raise Refusal(400, {"message": "too many"})
            return listing(path, params)

        server._indexer = partly  # type: ignore[method-assign]
        failure, still = await moved(ask, SINCE, KEY, STILL)
        assert isinstance(failure, Failure)
        assert "too many" in failure.detail
        assert still == 0


@pytest.mark.parametrize("wrong", [{"confirmed-round": 99}, {"fee": -1}, {"sender": None}])
async def test_what_was_not_asked_for_is_malformed(wrong: dict[str, Any]) -> None:
    async with asking(SPEC, server := Algod(world())) as ask:
        server._moves = lambda address: [transfer(5, GOOD, address, 5)]  # type: ignore[method-assign]
        page = server._page
        server._page = lambda name, rows, params: page(name, [row | wrong for row in rows], params)  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await moved(ask, SINCE, HOLDER)


WHO = st.sampled_from([key(number).address for number in range(3)])
NOBODY = algorand.encode(bytes(32))
Posting = tuple[str, str, int]


@st.composite
def postings(draw: st.DrawFn, *, coins: bool) -> tuple[Transaction, list[Posting]]:
    """A transaction, and who gave what to whom by it: coins, or units of the asset."""
    sender, receiver, rest = draw(WHO), draw(WHO), draw(WHO)
    amount, closed, fee = draw(st.integers(0, 2**64)), draw(st.integers(0, 2**64)), draw(st.integers(0, 9))
    nested = draw(st.lists(postings(coins=coins), max_size=2)) if draw(st.booleans()) else []
    inner = [one for one, _ in nested]
    given_inside = [each for _, some in nested for each in some]
    if coins:
        paid = Payment(receiver, amount, rest, closed)
        one = Transaction(sender=sender, fee=fee, payment_transaction=paid, inner_txns=inner)
        return one, [*given_inside, (sender, "fees", fee), (sender, receiver, amount), (sender, rest, closed)]
    victim = draw(st.sampled_from(["", NOBODY]) | WHO)
    asset = draw(st.sampled_from([ASSET, ASSET + 1]))
    transferred = AssetTransfer(asset, receiver, amount, victim, rest, closed)
    one = Transaction(sender=sender, fee=fee, asset_transfer_transaction=transferred, inner_txns=inner)
    if asset != ASSET:
        return one, given_inside
    giver = sender if victim in ("", NOBODY) else victim
    return one, [*given_inside, (giver, receiver, amount), (giver, rest, closed)]


@given(st.booleans(), st.data())
def test_what_a_ledger_of_postings_says_is_what_transactions_change(coins: bool, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(postings(coins=coins), max_size=5))
    roots = [one for one, _ in drawn]
    for number in range(3):
        who = key(number).address
        expected = sum(((to == who) - (giver == who)) * amount for _, some in drawn for giver, to, amount in some)
        assert (coin_change(who, roots) if coins else asset_change(who, ASSET, roots)) == expected
