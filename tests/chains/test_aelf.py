"""aelf's traps: no height can be asked, a best chain that moves, views that return nothing, chains that look alike."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from chains import registry
from chains.aelf.contract import decode_address
from chains.codec import proto
from chains.errors import BadAddress, Malformed, Pruned, Transport, WrongChain
from chains.types import ChainId, Failure, Reason
from tests.chains.harness_aelf import GOOD, NATIVE, SPEC, TEST_GENESIS, AelfNode, key, output
from tests.chains.kit import asking
from tests.chains.world import World, grown

KEY, OTHER, ABSENT = key(2), key(3), key(10_000)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n, OTHER: 10**17 + n}, settle=3)


async def test_the_test_network_has_the_same_chain_id_and_another_beginning() -> None:
    async with asking(SPEC, server := AelfNode(world())) as ask:
        await ask.adapter.check_chain(ask.rpc)
        server.genesis = TEST_GENESIS
        with pytest.raises(WrongChain):
            await ask.adapter.check_chain(ask.rpc)


def test_an_address_of_one_chain_is_none_of_another() -> None:
    side = registry.adapter(replace(SPEC, id=ChainId("aelf:tDVV")))
    assert side.parse_address(f"ELF_{GOOD}_tDVV") == side.parse_address(GOOD) == GOOD
    with pytest.raises(BadAddress):
        side.parse_address(f"ELF_{GOOD}_AELF")


async def test_a_balance_of_nothing_is_left_out_of_a_whole_answer() -> None:
    async with asking(SPEC, AelfNode(world())) as ask:
        assert await ask.amounts(ABSENT, OTHER, KEY) == [0, 10**17 + 5, 500]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "zz",
        "0a",
        {"balance": 5},
        output("ELF", decode_address(OTHER.address), 500),
        output("USDT", decode_address(KEY.address), 500),
        output("ELF", decode_address(KEY.address), 2**64 - 1),  # -1
        proto.integer(3, 500).hex(),
    ],
)
async def test_an_answer_that_does_not_repeat_the_question_is_no_amount(said: Any) -> None:
    async with asking(SPEC, server := AelfNode(world())) as ask:
        server.said[KEY.address] = said
        failed, ok = await ask.amounts(KEY, OTHER)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert ok == 10**17 + 5


async def test_a_token_contract_that_is_not_there_holds_nothing_and_no_zero() -> None:
    elsewhere = replace(SPEC, options={"token": GOOD})
    async with asking(elsewhere, AelfNode(world())) as ask:
        (failed,) = await ask.amounts(KEY)
        assert isinstance(failed, Failure)


async def test_what_is_said_is_of_a_block_that_is_irreversible() -> None:
    async with asking(SPEC, server := AelfNode(made := world())) as ask:
        before = await ask.final()
        server.moving, server.moves = KEY, 1
        found = await ask.read(KEY, OTHER, block=before)
        assert list(found.amounts) == [503, 10**17 + 5]
        assert before.height < found.block.height <= made.final
        assert made.at(found.block.height)[KEY] == 503
        assert found.block.hash == made.digest(found.block.height).hex()


async def test_an_address_that_never_stands_still_has_no_amount_and_its_neighbours_do() -> None:
    async with asking(SPEC, server := AelfNode(world())) as ask:
        server.moving, server.moves = KEY, 100
        failed, ok = await ask.amounts(KEY, OTHER)
        assert isinstance(failed, Failure)
        assert ok == 10**17 + 5


async def test_a_chain_that_stops_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.settled.POLL_S", 0)
    monkeypatch.setattr("chains.settled.POLLS_MAX", 3)
    async with asking(SPEC, server := AelfNode(world())) as ask:
        server.stuck = True
        with pytest.raises(Transport):
            await ask.read(KEY)


async def test_no_other_height_can_be_asked() -> None:
    made = world()
    async with asking(SPEC, AelfNode(made)) as ask:
        with pytest.raises(Pruned):
            await ask.at(height=made.final - 1)
        assert (await ask.at(time=made.time(made.final))).height == made.final


async def test_decimals_are_what_the_token_contract_says() -> None:
    async with asking(SPEC, server := AelfNode(world())) as ask:
        server.decimals = 6
        assert await ask.adapter.decimals(ask.rpc, await ask.final(), NATIVE) == 6


async def test_a_block_of_another_hash_is_not_the_final_one() -> None:
    async with asking(SPEC, server := AelfNode(world())) as ask:
        block = server._block
        server._block = lambda height: block(height) | {"BlockHash": "00" * 32}  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await ask.final()


@pytest.mark.parametrize("options", [{}, {"token": "x"}, {"token": GOOD, "genesis": "0x"}, {"token": GOOD, "more": 1}])
def test_config_names_the_token_contract(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"token|genesis|more"):
        registry.adapter(replace(SPEC, options=options))
