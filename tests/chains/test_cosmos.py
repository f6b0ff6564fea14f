"""Cosmos's traps: code 0 with trouble in the log, another height, pruned state, pages, and what is delegated."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.codec import proto
from chains.errors import Malformed, Pruned, Reorged, RpcFault
from chains.types import BlockRef, Failure, Instrument, Liquidity, Reason
from tests.chains.harness_cosmos import IBC, SPEC, Comet, coin, key
from tests.chains.kit import asking
from tests.chains.world import World

KEY, ABSENT = key(1), key(10_000)


def world() -> World:
    made = World()
    for number in range(1, 6):
        made.tick({KEY: 100 * number})
    return made


async def test_a_height_is_asked_and_answered() -> None:
    made = world()
    async with asking(SPEC, node := Comet(made)) as ask:
        block = await ask.at(height=3)
        assert block.hash == made.digest(3).hex().upper()
        assert await ask.amounts(KEY, ABSENT, block=block) == [made.at(3)[KEY], 0]
        queries: Any = [params for method, params in node.calls if method == "abci_query"]
        assert {params["height"] for params in queries} == {"3"}


async def test_what_is_delegated_and_unbonding_stands_beside_over_all_pages() -> None:
    async with asking(SPEC, node := Comet(world())) as ask:
        node.staked = {KEY.address: [10**18, 2, 3, 4, 5]}
        node.unbonding = {KEY.address: [7, 8], ABSENT.address: [9]}
        found = await ask.read(KEY, ABSENT, key(2))
        assert list(found.amounts) == [500, 0, 0]
        assert found.locked == {
            0: {Liquidity.STAKED: 10**18 + 14, Liquidity.UNBONDING: 15},
            1: {Liquidity.UNBONDING: 9},
        }


async def test_another_denomination_is_read_beside_and_is_never_staked() -> None:
    made, usdc = world(), KEY._replace(instrument=IBC)
    made.tick({usdc: 7})
    async with asking(SPEC, node := Comet(made)) as ask:
        node.staked = {KEY.address: [9]}
        found = await ask.read(usdc, KEY, ABSENT._replace(instrument=IBC))
        assert list(found.amounts) == [7, 500, 0]
        assert found.locked == {1: {Liquidity.STAKED: 9}}
        asked: Any = [params for method, params in node.calls if method == "abci_query"]
        assert [params["path"].endswith("/Balance") for params in asked].count(True) == 3
        assert len(asked) == 3 + 2


async def test_an_answer_in_another_denomination_is_no_amount() -> None:
    async with asking(SPEC, node := Comet(world())) as ask:
        node.said[KEY.address] = {"value": base64.b64encode(proto.field(1, coin("uosmo", 5))).decode()}
        failed, zero = await ask.amounts(KEY._replace(instrument=IBC), ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


@pytest.mark.parametrize(
    "denom", ["uusdc", "factory/cosmos1abc/sub", "peggy0xdAC17F958D2ee523a2206206994597C13D831ec7"]
)
async def test_a_denomination_is_its_own_name_and_states_no_decimals(denom: str) -> None:
    async with asking(SPEC, Comet(world())) as ask:
        instrument = Instrument(f"denom:{denom}")
        assert ask.adapter.parse_instrument(instrument) == instrument
        with pytest.raises(RpcFault):
            await ask.adapter.decimals(ask.rpc, await ask.final(), instrument)


async def test_a_height_that_is_pruned_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := Comet(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 4
        for asked in (ask.at(height=3), ask.at(time=made.time(3)), ask.read(KEY, ABSENT, block=block)):
            with pytest.raises(Pruned):
                await asked


@pytest.mark.parametrize("log", ["version does not exist", "failed to load state at height 3; pruned"])
async def test_code_zero_with_a_log_is_no_empty_account(log: str) -> None:
    async with asking(SPEC, node := Comet(world())) as ask:
        node.said[ABSENT.address] = {"code": 0, "log": log, "value": None}
        with pytest.raises(Pruned):
            await ask.read(KEY, ABSENT)


@pytest.mark.parametrize(
    "said",
    [
        {"height": "2"},
        {"value": None},
        {"value": "!"},
        {"value": "CgA="},  # a coin of no denom
        {"value": "CgkKBW90aGVyEgA="},
        {"value": "/w=="},
        {"code": "0"},
    ],
)
async def test_an_answer_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, node := Comet(world())) as ask:
        node.said[KEY.address] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


async def test_without_its_delegations_an_address_has_no_amount() -> None:
    async with asking(SPEC, node := Comet(world())) as ask:
        whole = node._delegations
        broken = ABSENT.address
        node._delegations = lambda *asked: b"\xff" if asked[0] == broken else whole(*asked)  # type: ignore[method-assign]
        ok, failed = await ask.amounts(KEY, ABSENT)
        assert ok == 500
        assert isinstance(failed, Failure)


async def test_another_hash_at_that_height_is_a_reorganisation() -> None:
    async with asking(SPEC, Comet(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "00" * 32))


async def test_batches_shrink_to_what_the_node_takes() -> None:
    keys = [key(number) for number in range(95)]
    async with asking(SPEC, node := Comet(world())) as ask:
        assert len(await ask.amounts(*keys)) == 95
        before = len(node.asked)
        assert len(await ask.amounts(*keys)) == 95
        assert len(node.asked) - before <= 3 + 3 * 19  # status and blocks; then 19 batches of 5 for each query


def test_the_wire_format() -> None:
    """By hand from the specification: field 1 is tag 0x0a, field 2 is 0x12; a length above 127 takes two bytes."""
    assert proto.field(1, "ab") + proto.field(2, b"") == b"\x0a\x02ab\x12\x00"
    assert proto.field(16, b"x" * 200)[:4] == b"\x82\x01\xc8\x01"
    message = b"\x08\x96\x01" + b"\x0a\x01a" + b"\x0d1234" + b"\x11" + b"12345678" + b"\x0a\x01b\x12\x01c"
    assert proto.fields(message, 1) == [b"a", b"b"]
    assert proto.text(message, 1) == "b"
    assert proto.text(message, 7) == ""


@given(st.binary(max_size=40))
def test_garbage_is_malformed_or_read(message: bytes) -> None:
    try:
        proto.fields(message, 1)
    except Malformed:
        return


@given(st.lists(st.tuples(st.integers(1, 1000), st.binary(max_size=300)), max_size=8))
def test_what_is_written_is_read(pairs: list[tuple[int, bytes]]) -> None:
    message = b"".join(proto.field(number, value) for number, value in pairs)
    for number in {number for number, _ in pairs}:
        assert proto.fields(message, number) == [value for found, value in pairs if found == number]
