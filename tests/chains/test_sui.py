"""Sui's traps: errors with status 200, retention, the limit on a query, and one address that spoils a request."""

from __future__ import annotations

from typing import Any

import pytest

from chains.errors import Pruned, Reorged
from chains.sui.owners import KEYS_MAX, PAGES_MAX
from chains.types import BalanceKey, BlockRef, Failure, Liquidity, Reason
from tests.chains.harness_sui import NATIVE, SPEC, USDC, SuiService, key
from tests.chains.kit import asking
from tests.chains.world import World, grown

KEY, ABSENT = key(2), key(10_000)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n}, first=0)


async def test_every_balance_is_of_the_pinned_checkpoint() -> None:
    made = world()
    async with asking(SPEC, server := SuiService(made)) as ask:
        block = await ask.at(height=3)
        assert await ask.amounts(KEY, ABSENT, block=block) == [made.at(3)[KEY], 0]
        sent: list[Any] = [body for _, body in server.calls]
        bodies = [body for body in sent if "keys" in body["variables"]]
        assert [asked["atCheckpoint"] for body in bodies for asked in body["variables"]["keys"]] == [3, 3]


async def test_one_address_with_two_coins() -> None:
    made = World(first=0)
    keys = [BalanceKey(KEY.address, instrument) for instrument in (NATIVE, USDC)]
    made.tick({keys[0]: 1, keys[1]: 2})
    async with asking(SPEC, SuiService(made)) as ask:
        assert await ask.amounts(*keys, *reversed(keys)) == [1, 2, 2, 1]


@pytest.mark.parametrize("count", [KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1, 10 * KEYS_MAX])
async def test_the_largest_request_is_within_the_limit(count: int) -> None:
    keys = [BalanceKey(key(number).address, USDC) for number in range(count)]
    made = world()
    made.tick({one: number for number, one in enumerate(keys)})
    async with asking(SPEC, server := SuiService(made)) as ask:
        block = await ask.final()
        before = len(server.calls)
        assert await ask.amounts(*keys, block=block) == list(range(count))
        assert len(server.calls) - before == 1 + -(-count // KEYS_MAX)


async def test_out_of_retention_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, server := SuiService(made)) as ask:
        block = await ask.at(height=3)
        server.oldest = 4
        for asked in (ask.at(height=3), ask.at(time=made.time(3)), ask.read(KEY, ABSENT, block=block)):
            with pytest.raises(Pruned):
                await asked


async def test_an_error_refuses_only_the_address_it_is_about() -> None:
    keys = [BalanceKey(key(number).address, NATIVE) for number in range(KEYS_MAX)]
    made = world()
    made.tick({one: number for number, one in enumerate(keys)})
    async with asking(SPEC, server := SuiService(made)) as ask:
        server.broken = {keys[17].address}
        found = await ask.amounts(*keys)
        assert [amount for amount in found if isinstance(amount, int)] == [n for n in range(KEYS_MAX) if n != 17]
        failed = found[17]
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED


@pytest.mark.parametrize(
    "said", [{"balance": None}, {"balance": {}}, {"balance": {"totalBalance": 5}}, {"address": ABSENT.address}]
)
async def test_an_answer_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, server := SuiService(world())) as ask:
        server.said[KEY.address] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


async def test_another_digest_is_a_reorganisation() -> None:
    async with asking(SPEC, SuiService(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "other"))


async def test_stakes_stand_beside_over_all_pages() -> None:
    made = world()
    async with asking(SPEC, server := SuiService(made)) as ask:
        server.stakes = {KEY.address: [10**18] * 50 + [1] * 50 + [5], ABSENT.address: [7]}
        found = await ask.read(KEY, ABSENT, key(4), BalanceKey(KEY.address, USDC))
        assert list(found.amounts) == [500, 0, 0, 0]
        assert found.locked == {0: {Liquidity.STAKED: 50 * 10**18 + 55}, 1: {Liquidity.STAKED: 7}}


async def test_stakes_without_end_are_no_amount() -> None:
    async with asking(SPEC, server := SuiService(world())) as ask:
        server.stakes = {KEY.address: [1] * (50 * (PAGES_MAX + 2))}
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert zero == 0


async def test_a_stake_that_does_not_fit_is_no_amount() -> None:
    async with asking(SPEC, server := SuiService(world())) as ask:
        server.stakes = {KEY.address: [-5]}
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0
