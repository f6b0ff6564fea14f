"""Cardano's traps: addresses left out, the limit on a request, a tip that moves, and what Koios may say wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from chains.cardano.adapter import KEYS_MAX
from chains.errors import Malformed, Pruned
from chains.types import BlockRef, Failure, Reason
from tests.chains.harness_cardano import SPEC, Koios, key
from tests.chains.kit import asking, changes
from tests.chains.world import World, grown

KEY, ABSENT = key(2), key(10_000)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n})


@pytest.mark.parametrize("count", [0, 1, KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1, 10 * KEYS_MAX])
async def test_no_request_is_beyond_the_limit(count: int) -> None:
    keys = [key(2 * number) for number in range(count)]  # the long ones
    made = world()
    made.tick({one: 7 * number for number, one in enumerate(keys)})
    async with asking(SPEC, server := Koios(made)) as ask:
        assert await ask.amounts(*keys) == [7 * number for number in range(count)]
        assert sum(method == "POST address_info" for method, _ in server.calls) == -(-count // KEYS_MAX)


async def test_never_seen_and_spent_are_both_zero() -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        server.seen = {key(4).address}
        assert await ask.amounts(ABSENT, key(4), KEY) == [0, 0, 500]


@pytest.mark.parametrize("old", [False, True])
async def test_all_answers_are_of_one_block(old: bool) -> None:
    made = world()
    async with asking(SPEC, server := Koios(made)) as ask:
        server.old = old
        before = await ask.final()
        server.moves = 2
        found = await ask.read(*[key(number) for number in range(100)], block=before)
        assert found.block.height == made.head == before.height + 2
        assert found.block.time == made.time(made.head)


@pytest.mark.parametrize("balance", ["-5", 5, None, "", "0x5"])
async def test_an_answer_that_does_not_fit_is_no_amount(balance: Any) -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        server.said[KEY.address] = {"balance": balance}
        if isinstance(balance, str):
            failed, zero = await ask.amounts(KEY, ABSENT)
            assert isinstance(failed, Failure)
            assert failed.reason is Reason.MALFORMED
            assert zero == 0
        else:
            with pytest.raises(Malformed):
                await ask.read(KEY, ABSENT)


async def test_an_address_that_was_not_asked_makes_all_of_it_malformed() -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        server.said[KEY.address] = {"address": key(6).address}
        with pytest.raises(Malformed):
            await ask.read(KEY, ABSENT)


async def test_the_past_is_not_answered() -> None:
    made = world()
    async with asking(SPEC, Koios(made)) as ask:
        with pytest.raises(Pruned):
            await ask.at(height=made.head - 1)


async def test_flows_are_what_outputs_gained_and_lost_in_between() -> None:
    a, b, other = key(2), key(3), key(4).address
    async with asking(SPEC, server := Koios(world())) as ask:
        server.transact(2, [(other, 9)], [(a.address, 9)])  # not after the height
        server.transact(3, [(other, 100)], [(a.address, 60), (b.address, 38)])
        server.transact(4, [(a.address, 60), (a.address, 9)], [(b.address, 5), (a.address, 62)])
        server.transact(6, [(other, 1)], [(a.address, 1)])  # not up to the block
        until = BlockRef(5, "5")
        assert await changes(ask, 2, until, a, b, ABSENT, a) == [60 - 7, 38 + 5, 0, 53]
        assert await changes(ask, 4, until, a, b) == [0, 0]
        assert await changes(ask, 2, until) == []


async def test_a_failed_script_leaves_the_flow_unknown() -> None:
    a, b = key(2), key(3)
    async with asking(SPEC, server := Koios(world())) as ask:
        server.transact(3, [(a.address, 60)], [(a.address, 55)], valid=False)
        server.transact(3, [(key(9).address, 60)], [(b.address, 55)])
        unknown, known = await changes(ask, 2, BlockRef(5, "5"), a, b)
        assert isinstance(unknown, Failure)
        assert known == 55


async def test_a_list_that_was_cut_is_asked_again_in_parts_and_never_taken_for_whole() -> None:
    a, b = key(2), key(3)
    async with asking(SPEC, server := Koios(world())) as ask:
        for _ in range(1000):
            server.transact(3, [(key(9).address, 1)], [(a.address, 1)])
        server.transact(4, [(key(9).address, 7)], [(b.address, 7)])
        cut, whole = await changes(ask, 2, BlockRef(5, "5"), a, b)
        assert isinstance(cut, Failure)
        assert whole == 7
