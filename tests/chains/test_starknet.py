"""Starknet's traps: a u256 in two felts, blocks that L1 has not accepted yet, nodes without the tag or the state."""

from __future__ import annotations

from typing import Any

import pytest

from chains.errors import NotFinal, Pruned, Reorged
from chains.starknet import BALANCE, DECIMALS, selector
from chains.types import BlockRef, Failure, Reason
from tests.chains import harness_starknet
from tests.chains.harness_starknet import BALANCE_OF, SPEC, StarknetNode, key
from tests.chains.kit import asking
from tests.chains.world import World

KEY, ABSENT = key(1), key(10_000)


def world(blocks: int = 6, settle: int = 2) -> World:
    made = World(first=0, settle=settle)
    for number in range(1, blocks):
        made.tick({KEY: 100 * number})
    return made


def test_selectors_are_those_of_the_contracts() -> None:
    assert (BALANCE, DECIMALS) == (BALANCE_OF, harness_starknet.DECIMALS)
    assert selector("transfer") == "0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e"


@pytest.mark.parametrize("held", [2**128 - 1, 2**128, 2**128 + 7, 2**256 - 1])
async def test_both_halves_count_and_the_low_one_is_first(held: int) -> None:
    made = world()
    made.tick({KEY: held})
    async with asking(SPEC, StarknetNode(made)) as ask:
        assert await ask.amounts(KEY, ABSENT) == [held, 0]


@pytest.mark.parametrize("said", [["0x1"], ["0x1", "0x0", "0x0"], [hex(2**128), "0x0"], ["1", "0"], [1, 0], {}])
async def test_what_is_no_u256_is_no_amount(said: Any) -> None:
    async with asking(SPEC, node := StarknetNode(world())) as ask:
        node.said[int(KEY.address, 16)] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        if said:
            assert isinstance(failed, Failure)
            assert failed.reason is Reason.MALFORMED
        assert zero == 0


@pytest.mark.parametrize("tags", [True, False])
async def test_final_is_what_l1_accepted(tags: bool) -> None:
    made = world()
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        node.tags = tags
        final = await ask.final()
        assert final.height == made.final == made.head - 2
        with pytest.raises(NotFinal):
            await ask.at(height=made.final + 1)


async def test_a_chain_of_which_l1_has_seen_nothing_has_no_final_block() -> None:
    made = world()
    made.settle = made.head + 1
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        node.tags = False
        with pytest.raises(NotFinal):
            await ask.final()


async def test_state_that_is_gone_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 4
        with pytest.raises(Pruned):
            await ask.read(ABSENT, KEY, block=block)


async def test_another_hash_at_that_height_is_a_reorganisation() -> None:
    async with asking(SPEC, StarknetNode(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "0x" + "0" * 64))
