"""Transfers by Hyperion and their traps: notices, exchanges without transfers, an index that is behind or cut short."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.adapter import Reconciling
from chains.antelope import history
from chains.errors import Malformed, NoMethod, Pruned, RpcFault, Transport
from chains.types import BalanceKey, Failure, Instrument
from tests.chains.harness_antelope import SPEC, USDT, Nodeos, key, transfer
from tests.chains.kit import Asking, asking, moved
from tests.chains.served import Refusal
from tests.chains.world import World

KEY, OTHER, STILL = key(2), key(3), key(4)
SINCE = 3


def world() -> World:
    made = World(settle=2)
    for _ in range(4):
        made.tick()
    return made


async def refused(ask: Asking) -> str:
    (failure,) = await moved(ask, SINCE, KEY)
    assert isinstance(failure, Failure)
    return failure.detail


async def test_transfers_to_and_from_are_added_up_within_the_heights() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.planted = [
            transfer(SINCE, "a", KEY.address, 1000),
            transfer(SINCE + 1, "a", KEY.address, 500),
            transfer(5, KEY.address, "eosio.stake", 30),
            transfer(6, "eosio.stake", KEY.address, 7, number=1),
            transfer(6, KEY.address, OTHER.address, 100, code="A"),
            transfer(server.world.final, "eosio.ramfee", KEY.address, 3),
            transfer(server.world.final + 1, "a", KEY.address, 9999),
        ]
        assert await moved(ask, SINCE, KEY, OTHER, STILL) == [500 - 30 + 7 - 100 + 3, 100, 0]
        assert await moved(ask, server.world.final, KEY) == [0]


async def test_an_exchange_of_one_token_for_its_twin_changes_nothing() -> None:
    """core.vaulta takes A without a transfer where an action of the system is forwarded, and sends EOS for it."""
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.planted = [
            transfer(5, KEY.address, "core.vaulta", 50),  # EOS for A
            transfer(5, "core.vaulta", KEY.address, 50, code="A"),
            transfer(6, "core.vaulta", KEY.address, 20, number=1),  # A taken, EOS given, and then spent
            transfer(6, KEY.address, "eosio.ram", 20, number=2),
        ]
        assert await moved(ask, SINCE, KEY) == [-20]
        exchange = BalanceKey(ask.adapter.parse_address("core.vaulta"), KEY.instrument)
        still, failed = await moved(ask, SINCE, STILL, exchange)
        assert still == 0
        assert isinstance(failed, Failure)
        assert failed.detail == "it exchanges tokens without transfers"


async def test_a_token_is_followed_by_its_own_contract_and_symbol() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        token, unkept = KEY._replace(instrument=USDT), KEY._replace(instrument=Instrument("token:USDT-faketether"))
        other = transfer(5, "a", KEY.address, 9, code="USDT", number=3)
        other["act"]["data"]["quantity"] = "0.0009 EURT"
        server.planted = [
            transfer(4, "a", KEY.address, 70, code="USDT"),
            transfer(5, KEY.address, "core.vaulta", 20, code="USDT", number=1),  # no exchange: it takes no USDT
            transfer(5, "a", KEY.address, 1000, number=2),
            other,
        ]
        coin, moved_token, failed = await moved(ask, SINCE, KEY, token, unkept)
        assert (coin, moved_token) == (1000, 50)
        assert isinstance(failed, Failure)
        assert "faketether keeps no USDT" in failed.detail
        other["act"]["data"]["quantity"] = "0.00009 USDT"
        with pytest.raises(Malformed):
            await moved(ask, SINCE, token)


async def test_pages_overlap_and_every_action_counts_once() -> None:
    """A server may give fewer actions than it is asked for, and a page may end amid a block."""
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.page_max = 3
        server.planted = [
            transfer(height, "a", KEY.address, 1, number=number) for height in (4, 5, 6, 7) for number in range(2)
        ]
        assert await moved(ask, SINCE, KEY) == [8]
        server.planted += [transfer(6, "a", KEY.address, 1, number=2)]
        assert await refused(ask) == "more transfers in block 6 than one answer holds"


async def test_a_list_too_long_is_not_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGES_MAX", 2)
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.page_max = 2
        server.planted = [transfer(height, "a", KEY.address, 1) for height in (4, 5, 6, 7)]
        assert await refused(ask) == f"more than 2 pages since {SINCE}"


async def test_an_index_that_is_behind_or_begins_later_is_no_answer() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.lag = 3
        with pytest.raises(Transport, match="not yet"):
            await moved(ask, SINCE, KEY)
        server.lag = 2
        assert await moved(ask, SINCE, KEY) == [0]
        server.first_block = SINCE + 2
        with pytest.raises(Pruned):
            await moved(ask, SINCE, KEY)
        server.first_block = SINCE + 1
        assert await moved(ask, SINCE, KEY) == [0]


async def test_a_node_without_history_refuses() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:

        def unknown(method: str, params: Any) -> Any:
            if "v2/" in method:
                raise Refusal(404, {"code": 404, "message": "Not Found"})
            return Nodeos.respond(server, method, params)

        server.respond = unknown  # type: ignore[method-assign]
        with pytest.raises((RpcFault, NoMethod)):
            await moved(ask, SINCE, KEY)

        def another(method: str, params: Any) -> Any:
            return {"health": []} if "v2/" in method else Nodeos.respond(server, method, params)

        server.respond = another  # type: ignore[method-assign]
        with pytest.raises(RpcFault, match="not Hyperion's"):
            await moved(ask, SINCE, KEY)


async def test_amounts_that_are_floats_only_and_notices_apart_are_refused() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        floats = transfer(5, "a", KEY.address, 5)
        del floats["act"]["data"]["quantity"]
        server.planted = [floats]
        assert "floating-point" in await refused(ask)
        server.planted = [transfer(5, "a", KEY.address, 5) | {"notified": [KEY.address]}]
        assert "each notice of a transfer apart" in await refused(ask)


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": {"account": "eosio.tokem", "name": "transfer", "data": {"from": "a", "to": KEY.address}}},
        {"act": {"account": "eosio.token", "name": "issue", "data": {"from": "a", "to": KEY.address}}},
        {"act": {"account": "eosio.token", "name": "transfer", "data": {"from": "a", "to": "b"}}},
        {"act": {"account": "eosio.token", "name": "transfer", "data": {"to": KEY.address}}},
        {
            "act": {
                "account": "eosio.token",
                "name": "transfer",
                "data": {"from": "a", "to": KEY.address, "quantity": "5"},
            }
        },
        {"global_sequence": None},
    ],
)
async def test_what_was_not_asked_for_is_malformed(wrong: dict[str, Any]) -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        action = transfer(5, "a", KEY.address, 5) | wrong
        server._actions = lambda params: {"total": {"value": 1, "relation": "eq"}, "actions": [action]}  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await moved(ask, SINCE, KEY)


async def test_the_log_of_blocks_may_begin_later() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        assert isinstance(ask.adapter, Reconciling)
        server.first_block = 5
        assert await ask.adapter.height_at(ask.rpc, server.world.time(6) + timedelta(seconds=9)) == 6
        with pytest.raises(Pruned):
            await ask.adapter.height_at(ask.rpc, server.world.time(4))


PARTIES = st.sampled_from([KEY.address, OTHER.address, "eosio.stake", "core.vaulta"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2, 12), PARTIES, PARTIES, st.integers(1, 10**12), st.sampled_from(["EOS", "A"]))),
    st.integers(2, 11),
    st.integers(2, 7),
)
def test_any_history_adds_up_to_what_its_parts_do(
    moves: list[tuple[int, str, str, int, str]], since: int, page_max: int
) -> None:
    """Followed from a height, and in two stretches: the sums are the same, and those of the transfers, page by page."""
    server = Nodeos(World(settle=2))
    for _ in range(4):
        server.world.tick()
    final, middle = server.world.final, (since + server.world.final) // 2
    moves = [(min(height, final), *parts) for height, *parts in moves if parts[0] != parts[1]]  # type: ignore[misc]
    of_block: dict[int, int] = {}
    for height, sender, to, units, code in sorted(moves, key=lambda move: move[0]):
        number = of_block[height] = of_block.get(height, 0) + 1
        server.planted.append(transfer(height, sender, to, units, code=code, number=number))
    server.page_max = page_max + max(of_block.values(), default=0)
    expected = sum(
        ((to == KEY.address) - (sender == KEY.address)) * units
        for height, sender, to, units, _ in moves
        if since < height and "core.vaulta" not in (sender, to)
    )

    async def follow() -> tuple[int, int, int]:
        async with asking(SPEC, server) as ask:
            assert isinstance(ask.adapter, Reconciling)
            block = await ask.adapter.final_block(ask.rpc)
            stretches = []
            for start, end in ((since, block.height), (since, middle), (middle, block.height)):
                until = block if end == block.height else type(block)(end, "", None)
                found = await ask.adapter.flows(ask.rpc, since=start, until=until, keys=[KEY])
                assert found.amounts[0] is not None
                stretches.append(found.amounts[0])
            return stretches[0], stretches[1], stretches[2]

    whole, first, second = asyncio.run(follow())
    assert whole == first + second == expected
