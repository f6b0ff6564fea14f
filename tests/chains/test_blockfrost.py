"""Blockfrost's traps: 404 and what only looks like it, pages, reference inputs, refusals of all, and its secrets."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import pytest

from chains.errors import ChainError, Malformed, NoMethod, RpcFault, Transport, WrongChain
from chains.rpc.blockfrost.rpc import PAGE, PAGES_MAX
from chains.types import Failure, Reason
from tests.chains.harness_blockfrost import (
    BANNED,
    INVALID_PATH,
    LOOKED_AT,
    NOT_FOUND,
    OVER_LIMIT,
    Blockfrost,
)
from tests.chains.harness_cardano import ADA_MIN, SPEC, asset, key
from tests.chains.kit import Asking, asking, moved
from tests.chains.world import World, grown

KEY, OTHER, ABSENT = key(2), key(3), key(10_000)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n})


def serving(server: Blockfrost, **fields: Any) -> AbstractAsyncContextManager[Asking]:
    return asking(SPEC, server, **({"kind": "blockfrost"} | fields))


async def test_never_seen_and_spent_are_both_zero() -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.seen = {OTHER.address}
        assert await ask.amounts(ABSENT, OTHER, KEY) == [0, 0, 500]


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"message": "no route"}), (404, INVALID_PATH), (400, INVALID_PATH), (405, NOT_FOUND)]
)
async def test_only_the_apis_own_404_is_zero(status: int, body: Any) -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.refusals[f"addresses/{ABSENT.address}"] = status, body
        failed, known = await ask.amounts(ABSENT, KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        assert known == 500


async def test_a_404_of_some_other_server_is_none() -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.refusals[f"addresses/{ABSENT.address}"] = 404, "<html>not found</html>"
        with pytest.raises(ChainError):
            await ask.amounts(ABSENT, KEY)


@pytest.mark.parametrize(("status", "body"), [(402, OVER_LIMIT), (418, BANNED)])
async def test_a_spent_limit_and_a_ban_are_of_no_address(status: int, body: Any) -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.refusals[f"addresses/{ABSENT.address}"] = status, body
        with pytest.raises(ChainError, match=body["message"]) as refused:
            await ask.amounts(ABSENT, KEY)
        assert not isinstance(refused.value, RpcFault | Transport)


@pytest.mark.parametrize(
    "amount",
    [
        [],
        [{"unit": "b0d0", "quantity": "5"}],
        [{"unit": "lovelace", "quantity": "5"}] * 2,
        [{"unit": "lovelace", "quantity": 5}],
        [{"unit": "lovelace", "quantity": "5.0"}],
        [{"unit": "lovelace", "quantity": "5e3"}],
        None,
    ],
)
async def test_an_amount_that_is_none_is_refused_alone(amount: Any) -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.said[OTHER.address] = {"amount": amount}
        failed, known = await ask.amounts(OTHER, KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert known == 500


async def test_an_answer_about_another_address_is_refused() -> None:
    async with serving(server := Blockfrost(world())) as ask:
        server.said[OTHER.address] = {"address": KEY.address}
        with pytest.raises(Malformed):
            await ask.amounts(OTHER, KEY)


async def test_all_answers_are_of_one_block() -> None:
    made = world()
    async with serving(server := Blockfrost(made)) as ask:
        before = await ask.final()
        server.moves = 2
        found = await ask.read(*[key(number) for number in range(100)], block=before)
        assert found.block.height == made.head > before.height
        assert found.block.time == made.time(made.head)


async def test_a_history_of_many_pages_is_followed_whole() -> None:
    made = world()
    async with serving(server := Blockfrost(made)) as ask:
        since, count = made.head, 2 * PAGE
        for number in range(count):
            made.tick()
            server.transact(made.head, [], [(KEY.address, number)])
        server.transact(since, [], [(KEY.address, 10**9)])  # not after it
        assert await moved(ask, since, KEY, OTHER) == [sum(range(count)), 0]
        asked = [dict(params) for _, params in server.calls if isinstance(params, dict)]
        assert sorted(str(params["page"]) for params in asked if "page" in params) == ["1", "1", "2", "3"]


async def test_a_history_too_long_is_unknown_and_spoils_no_other() -> None:
    made = world()
    async with serving(server := Blockfrost(made)) as ask:
        since = made.head
        made.tick()
        for _ in range(PAGE * PAGES_MAX + 1):
            server.transact(made.head, [], [(KEY.address, 1)])
        server.transact(made.head, [], [(OTHER.address, 3)])
        unknown, *others = await moved(ask, since, KEY, OTHER, ABSENT)
        assert isinstance(unknown, Failure)
        assert others == [3, 0]


async def test_what_is_looked_at_is_not_spent_and_what_failed_is_not_stated() -> None:
    made = world()
    async with serving(server := Blockfrost(made)) as ask:
        since = made.head
        made.tick()
        server.transact(made.head, [(OTHER.address, 900)], [(KEY.address, 500)])
        assert await moved(ask, since, KEY, OTHER) == [500, -900], f"{LOOKED_AT} were looked at, and stay"
        server.transact(made.head, [(OTHER.address, 5)], [], valid=False)
        known, unknown = await moved(ask, since, KEY, OTHER)
        assert known == 500
        assert isinstance(unknown, Failure)


async def test_a_block_is_found_by_its_time() -> None:
    made = world()
    async with serving(Blockfrost(made)) as ask:
        for seconds, height in ((made.seconds(3), 3), (made.seconds(4) - 1, 3), (made.seconds(made.head) - 1, 6)):
            asked = {"block_time": f"lte.{seconds}", "order": "block_height.desc", "limit": 1}
            (found,) = await cast(Any, ask.rpc.call("GET blocks", asked))
            assert (found["block_height"], found["block_time"]) == (height, made.seconds(height))


async def test_native_assets_are_told_apart_by_policy_and_name() -> None:
    made = world()
    made.tick({asset(4): 2**63 + 1})
    async with serving(Blockfrost(made)) as ask:
        assert await ask.amounts(asset(4), key(4), asset(2), KEY, asset(10_000)) == [2**63 + 1, ADA_MIN, 0, 500, 0]


async def test_another_network_is_refused() -> None:
    async with serving(Blockfrost(world())) as ask:
        await ask.adapter.check_chain(ask.rpc)
    other = Blockfrost(world())
    other.refusals["genesis"] = 200, {"network_magic": 1}
    async with serving(other) as ask:
        with pytest.raises(WrongChain, match="cip34:1-1,"):
            await ask.adapter.check_chain(ask.rpc)


async def test_the_key_is_sent_and_never_told() -> None:
    server = Blockfrost(world())
    async with serving(server, headers={"project_id": "canaryWrong0a1b2c3d4e5f"}) as ask:
        with pytest.raises(ChainError, match="Invalid project token") as refused:
            await ask.amounts(KEY)
        assert "canary" not in repr(refused.value)
    async with serving(server) as ask:
        with pytest.raises(NoMethod) as missing:
            await ask.rpc.call("POST account_info", {"_stake_addresses": []})
        assert server.key not in repr(missing.value)
