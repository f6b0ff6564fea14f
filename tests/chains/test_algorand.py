"""Algorand's traps: rounds that end between two answers, assets that were never opted in to, frozen ones."""

from __future__ import annotations

from typing import Any

import pytest

from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.errors import Pruned, Transport
from chains.types import BalanceKey, BlockRef, Failure, Liquidity, Reason
from tests.chains.harness_algorand import NATIVE, SPEC, USDT, Algod, key
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World, grown

KEY, TOKEN, ABSENT = key(2), key(3), key(10_001)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n, TOKEN: 10**18 + n})


async def test_an_asset_not_opted_in_to_is_zero_by_the_nodes_own_words_only() -> None:
    async with asking(SPEC, node := Algod(world())) as ask:
        assert await ask.amounts(ABSENT, TOKEN, KEY) == [0, 10**18 + 5, 500]
        node.said[ABSENT.address] = Refusal(404, {"message": "Not Found"})
        failed, ok = await ask.amounts(ABSENT, TOKEN)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        assert ok == 10**18 + 5


async def test_all_answers_are_of_one_round() -> None:
    keys = [BalanceKey(key(number).address, NATIVE) for number in range(40)]
    made = world()
    async with asking(SPEC, node := Algod(made)) as ask:
        before = await ask.final()
        node.moves = 3
        found = await ask.read(*keys, ABSENT, block=before)
        assert found.block.height == made.head == before.height + 3
        assert found.block.hash != before.hash


async def test_a_frozen_holding_is_locked() -> None:
    async with asking(SPEC, node := Algod(world())) as ask:
        node.frozen = {TOKEN}
        found = await ask.read(KEY, TOKEN)
        assert list(found.amounts) == [500, 0]
        assert found.locked == {1: {Liquidity.LOCKED: 10**18 + 5}}


@pytest.mark.parametrize(
    "said",
    [
        {"asset-holding": {"amount": -1, "asset-id": 312769, "is-frozen": False}},
        {"asset-holding": {"amount": 5, "asset-id": 31566704, "is-frozen": False}},
        {"asset-holding": {"amount": 5, "asset-id": 312769}},
        {"round": None},
    ],
)
async def test_a_holding_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, node := Algod(world())) as ask:
        node.said[TOKEN.address] = said
        ok, failed = await ask.amounts(KEY, TOKEN)
        assert ok == 500
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED


async def test_an_answer_about_another_address_is_no_amount() -> None:
    async with asking(SPEC, node := Algod(world())) as ask:
        node.said[KEY.address] = {"address": TOKEN.address}
        (failed,) = await ask.amounts(KEY)
        assert isinstance(failed, Failure)


async def test_the_past_is_not_answered() -> None:
    made = world()
    async with asking(SPEC, Algod(made)) as ask:
        with pytest.raises(Pruned):
            await ask.at(height=made.head - 1)
        assert (await ask.at(time=made.time(made.head))).height == made.head


async def test_two_instruments_of_one_address() -> None:
    made = World()
    keys = [BalanceKey(KEY.address, instrument) for instrument in (NATIVE, USDT)]
    made.tick({keys[0]: 1, keys[1]: 2})
    async with asking(SPEC, Algod(made)) as ask:
        assert await ask.amounts(*keys) == [1, 2]


async def test_a_rekeyed_account_obeys_another_key() -> None:
    plain, rekeyed, broken, old = (key(2 * number).address for number in range(4))
    made = world()
    async with asking(SPEC, server := Algod(made)) as ask:
        server.said = {rekeyed: {"auth-addr": key(10).address}, broken: {"auth-addr": "A" * 58}, old: {"round": 1}}
        own, other, *failed = await ask.control(plain, rekeyed, broken, old)
        assert own == (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(plain)),)),)
        signer = Weighted(by_address(key(10).address))
        assert other == (Authority(ControlKind.AUTHENTICATION_KEY, 1, (signer,), "auth-addr"),)
        for each in failed:
            assert isinstance(each, Failure)
            assert each.reason is Reason.MALFORMED
        with pytest.raises(Transport, match="behind"):
            await ask.control(plain, block=BlockRef(made.head + 1, "later"))
