"""Events of lumens and their traps: a node that lists none of classic payments, pages, ledgers that are not kept."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Reconciling
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.stellar import events, scval
from chains.types import Address, Failure
from tests.chains.harness_stellar import LUMENS, OTHER, PASSPHRASE, SPEC, USDC, StellarRpc, event, key
from tests.chains.kit import asking, moved
from tests.chains.world import World

KEY, HOLDER, STILL = key(1), key(2), key(3)
SINCE = 3


def world() -> World:
    made = World()
    for _ in range(8):
        made.tick()
    return made


def test_the_contract_of_lumens_follows_from_the_name_of_the_network() -> None:
    assert scval.native_contract(PASSPHRASE) == LUMENS
    testnet = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"
    assert scval.native_contract("Test SDF Network ; September 2015") == testnet


async def test_payments_fees_and_what_is_paid_back_of_them() -> None:
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        me, other = KEY.address, HOLDER.address
        server.planted = [
            event(SINCE, ["transfer", OTHER, me, "native"], 1000, number=10),
            event(4, ["transfer", OTHER, me, "native"], 500, number=11, memo=True),
            event(5, ["transfer", me, other, "native"], 30, number=12),
            event(6, ["fee", me], 100, number=13),
            event(6, ["fee", me], -40, number=14),
            event(7, ["transfer", me, me, "native"], 9, number=15),
            event(7, ["mint", me, "native"], 6, number=16),
            event(8, ["burn", me, "native"], 2, number=17),
        ]
        assert await moved(ask, SINCE, KEY, HOLDER, STILL) == [500 - 30 - 60 + 4, 30, 0]
        assert await moved(ask, server.world.head, KEY) == [0]
        assert await moved(ask, SINCE, *(key(number) for number in range(100, 112))) == [0] * 12


async def test_issued_assets_are_not_followed() -> None:
    async with asking(SPEC, StellarRpc(world())) as ask:
        coins, failed = await moved(ask, SINCE, KEY, KEY._replace(instrument=USDC))
        assert coins == 0
        assert isinstance(failed, Failure)
        assert failed.detail == "transfers of issued assets are not followed"


async def test_a_node_that_lists_no_classic_payments_is_found_out_by_their_fees() -> None:
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        server.classic = False
        server.planted = [event(5, ["transfer", OTHER, KEY.address, "native"], 1, number=10)]  # by a contract
        with pytest.raises(RpcFault, match="EMIT_CLASSIC_EVENTS"):
            await moved(ask, SINCE, KEY)


async def test_ledgers_that_are_not_kept_are_refused_and_a_node_behind_is_no_answer() -> None:
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        assert isinstance(ask.adapter, Reconciling)
        server.oldest = SINCE + 2
        with pytest.raises(RpcFault, match="within the ledger range"):
            await moved(ask, SINCE, KEY)
        with pytest.raises(Pruned):
            await ask.adapter.height_at(ask.rpc, server.world.time(SINCE))
        assert await ask.adapter.height_at(ask.rpc, server.world.time(6) + timedelta(seconds=9)) == 6
        until = await ask.adapter.final_block(ask.rpc)
        ahead = type(until)(until.height + 1, until.hash, until.time)
        with pytest.raises(Transport, match="behind"):
            await ask.adapter.flows(ask.rpc, since=SINCE + 1, until=ahead, keys=[KEY])


async def test_pages_are_read_to_the_last_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PAGE", 2)
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        server.scan_max = 3
        server.planted = [
            event(height, ["transfer", OTHER, KEY.address, "native"], 1, number=10 + number)
            for height in (4, 5, 9)
            for number in range(3)
        ]
        assert await moved(ask, SINCE, KEY) == [9]
        monkeypatch.setattr(events, "PAGES_MAX", 2)
        (failure,) = await moved(ask, SINCE, KEY)
        assert isinstance(failure, Failure)
        assert failure.detail == f"more than 2 pages since {SINCE}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"contractId": "C"},
        {"ledger": SINCE},
        {"topic": [scval.symbol("clawback"), scval.account(KEY.address), ""]},
        {"topic": []},
        {"value": base64.b64encode(b"\0\0\0\x09" + bytes(16)).decode()},
        {"value": base64.b64encode(b"\0\0\0\x0a" + bytes(15)).decode()},
        {"value": "?"},
    ],
)
async def test_what_was_not_asked_for_is_malformed(wrong: dict[str, Any]) -> None:
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        answer = server._events

        def bent(params: Any) -> Any:
            said = answer(params)
            return said if params["pagination"]["limit"] == 1 else said | {"events": [planted | wrong]}

        planted = event(5, ["transfer", OTHER, KEY.address, "native"], 5, number=10)
        server._events = bent  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await moved(ask, SINCE, KEY)


WHO = [key(number).address for number in range(3)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["transfer", "fee"]), st.sampled_from(WHO), st.sampled_from(WHO),
                  st.integers(-(2**127), 2**127 - 1), st.booleans())
    )
)  # fmt: skip
def test_every_ledger_of_events_adds_up(drawn: list[tuple[str, Address, Address, int, bool]]) -> None:
    books = dict.fromkeys(WHO, 0)
    found = {}
    for number, (kind, giver, receiver, units, memo) in enumerate(drawn):
        parties = [giver] if kind == "fee" else [giver, receiver, "native"]
        one = event(5, [kind, *parties], units, number=number, memo=memo)
        found[one["id"]] = (one["topic"], scval.amount(one["value"]))
        books[giver] -= units
        if kind == "transfer":
            books[receiver] += units
    assert events.changed(WHO, found) == books
