"""Tronscan and Subscan: exact amounts or none, nothing unlisted is zero, and no family reads at a block from them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chains.adapter import OnlyNow, Rpc
from chains.errors import ChainError, Malformed, NoMethod, RpcFault, Transport
from chains.rpc import HttpRpc, open_provider
from chains.spec import ProviderSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Failure, Instrument, Reason
from tests.chains import harness_polkadot, substrate
from tests.chains.harness_tron import NATIVE, TOKEN, address, chain, trc20
from tests.chains.now_servers import NowServer, SubscanServer, TronscanServer
from tests.chains.world import World

GREAT = 18_243_211_943_261_359  # of a real account: beyond what a double can count
TRX = [BalanceKey(address(number), NATIVE) for number in range(3)]
USDT = [BalanceKey(address(number), trc20(TOKEN)) for number in range(3)]
DOT = [BalanceKey(harness_polkadot.address(number), substrate.NATIVE) for number in range(3)]
DOLLARS = [BalanceKey(harness_polkadot.address(number), substrate.USDT) for number in range(3)]


def world() -> World:
    made = World()
    for coins, tokens in ((TRX, USDT), (DOT, DOLLARS)):
        made.tick({coins[0]: GREAT, coins[1]: 7, tokens[0]: 2**200 + 1, tokens[1]: 0})
    return made


@asynccontextmanager
async def index(server: NowServer, **fields: Any) -> AsyncIterator[tuple[Rpc, OnlyNow]]:
    kind, of = ("tronscan", chain("2b6653dc").id) if isinstance(server, TronscanServer) else ("subscan", "polkadot:00")
    async with server, open_provider(server.provider(ChainId(of), kind=kind, **fields)) as rpc:
        assert isinstance(rpc, OnlyNow)
        yield rpc, rpc


def newest(server: NowServer) -> BlockRef:
    return BlockRef(server.world.head, "", server.world.time(server.world.head))


async def held(server: NowServer, *keys: BalanceKey) -> list[int | Reason]:
    async with index(server) as (_, asked):
        found = await asked.held(keys, since=newest(server))
    return [each.reason if isinstance(each, Failure) else each for each in found]


async def test_tronscan_tells_coins_and_tokens_apart_by_contract() -> None:
    server = TronscanServer(world())
    assert await held(server, TRX[0], USDT[0], TRX[1], USDT[1], TRX[0]) == [GREAT, 2**200 + 1, 7, 0, GREAT]
    assert len(server.calls) == 2, "one request an address"


async def test_subscan_reads_base_units() -> None:
    server = SubscanServer(world())
    assert await held(server, DOT[0], DOLLARS[0], DOT[1], DOLLARS[1]) == [GREAT, 2**200 + 1, 7, 0]
    assert len(server.calls) == 2


async def test_what_is_not_listed_is_not_zero() -> None:
    assert await held(TronscanServer(world()), USDT[2], TRX[1]) == [Reason.REFUSED, 7]
    assert await held(SubscanServer(world()), DOLLARS[2], DOT[2], DOT[1]) == [Reason.REFUSED, Reason.REFUSED, 7]


@pytest.mark.parametrize("balance", [7.0, "7", -7, None, True])
async def test_tronscan_coins_that_are_no_integer_are_refused_alone(balance: Any) -> None:
    server = TronscanServer(world())
    server.said[TRX[1].address] = {"balance": balance}
    assert await held(server, TRX[0], TRX[1]) == [GREAT, Reason.MALFORMED]


@pytest.mark.parametrize("balance", [7, 7.0, "7.0", "-7", "7e3", "", None])
async def test_amounts_that_are_no_digits_are_refused_alone(balance: Any) -> None:
    tron, subscan = TronscanServer(world()), SubscanServer(world())
    tron.said[USDT[1].address] = {"withPriceTokens": [{"tokenId": TOKEN, "balance": balance}]}
    assert await held(tron, USDT[0], USDT[1], TRX[1]) == [2**200 + 1, Reason.MALFORMED, 7]
    subscan.said[DOT[1].address] = {"balance": balance}
    assert await held(subscan, DOT[0], DOT[1]) == [GREAT, Reason.MALFORMED]


@pytest.mark.parametrize(
    "said",
    [
        {"address": address(9)},
        {"withPriceTokens": [{"tokenId": TOKEN, "balance": "1"}, {"tokenId": TOKEN, "balance": "1"}]},
        {"withPriceTokens": None},
        {"Error": "no address", "address": None},
    ],
)
async def test_a_tronscan_answer_that_does_not_fit_is_none(said: Any) -> None:
    server = TronscanServer(world())
    server.said[USDT[1].address] = said
    assert await held(server, USDT[1], USDT[0]) == [Reason.MALFORMED, 2**200 + 1]


@pytest.mark.parametrize("kept", ["lock", "reserved"])
async def test_subscan_is_not_compared_where_something_is_kept_back(kept: str) -> None:
    server = SubscanServer(world())
    server.said[DOT[1].address] = {kept: "1"}
    assert await held(server, DOT[1], DOT[0]) == [Reason.UNSUPPORTED, GREAT]
    server.said[DOT[1].address] = {kept: None}
    assert await held(server, DOT[1], DOT[0]) == [Reason.MALFORMED, GREAT], "unsaid is not zero"


@pytest.mark.parametrize("age_s", [1, None])
async def test_subscan_made_before_the_block_is_no_answer_to_it(age_s: int | None) -> None:
    server = SubscanServer(world())
    server.age_s = age_s
    assert await held(server, DOT[0], DOT[1]) == [Reason.MALFORMED, Reason.MALFORMED]


async def test_subscan_fails_with_status_200() -> None:
    server = SubscanServer(world())
    server.code = 10_004
    with pytest.raises(RpcFault, match="10004: Record Not Found"):
        await held(server, DOT[0], DOT[1])


async def test_a_refusal_of_one_is_not_of_the_others_but_one_of_all_is_raised() -> None:
    refusal = 400, {"message": "some parameters are invalid or out of range"}
    for server, keys in ((TronscanServer(world()), TRX), (SubscanServer(world()), DOT)):
        server.refusals[keys[1].address] = refusal
        assert await held(server, keys[0], keys[1]) == [GREAT, Reason.REFUSED]
        server.refusals[keys[0].address] = refusal
        with pytest.raises(RpcFault, match="some parameters are invalid"):
            await held(server, keys[0], keys[1])


async def test_blocks() -> None:
    for server in (TronscanServer(world()), SubscanServer(world())):
        async with index(server) as (_, asked):
            assert await asked.newest() == server.world.head
            assert (await asked.hash_at(2)).removeprefix("0x") == server.world.digest(2).hex()


async def test_a_block_that_tronscan_does_not_find_is_no_other_one() -> None:
    server = TronscanServer(world())
    server.lost = (2,)
    async with index(server) as (_, asked):
        with pytest.raises(Malformed, match="0 blocks where one was asked for"):
            await asked.hash_at(2)


async def test_no_family_reads_from_them() -> None:
    for server, method in ((TronscanServer(world()), "POST walletsolidity/getblock"), (SubscanServer(world()), "x")):
        async with index(server) as (rpc, _):
            with pytest.raises(NoMethod):
                await rpc.call(method)
            (refused,) = await rpc.batch([(method, {})])
            assert isinstance(refused, NoMethod)
        assert server.calls == []


async def test_trongrid_is_asked_as_a_node() -> None:
    spec = ProviderSpec(
        name="grid", chain=chain("2b6653dc").id, url="http://127.0.0.1:1/", operator="x", kind="trongrid"
    )
    async with open_provider(spec) as rpc:
        assert isinstance(rpc, HttpRpc)


async def test_a_missing_key_is_said_and_no_key_is_told() -> None:
    for server, words in (
        (TronscanServer(world()), "credentials refused"),
        (SubscanServer(world()), "requires an API"),
    ):
        async with index(server, headers={server.key_in: "canaryWrong0a1b2c3d4e5f"}) as (_, asked):
            with pytest.raises(ChainError, match=words) as refused:
                await asked.held([BalanceKey(Address("x"), Instrument("y"))], since=newest(server))
            assert not isinstance(refused.value, Transport)
            assert "canary" not in repr(refused.value)
