"""Readings of a chain that moves on: one block for all of them, or none."""

from __future__ import annotations

import pytest

from chains.errors import Transport
from chains.steady import ATTEMPTS_MAX, steady
from chains.types import BlockRef

START = BlockRef(5, "5")


class Chain:
    """Moves on by a block during each of the next ``moves`` readings."""

    def __init__(self, moves: int) -> None:
        self.height, self.moves, self.asked = 5, moves, 0

    async def newest(self) -> BlockRef:
        return BlockRef(self.height, str(self.height))

    async def ask(self, block: BlockRef) -> str | None:
        self.asked += 1
        if self.moves:
            self.moves -= 1
            self.height += 1
        return f"of {block.height}"


@pytest.mark.parametrize("moves", range(ATTEMPTS_MAX))
async def test_asks_again_until_the_block_stays(moves: int) -> None:
    chain = Chain(moves)
    block, found = await steady(chain.newest, chain.ask, not_before=START)
    assert (block.height, found, chain.asked) == (5 + moves, f"of {5 + moves}", moves + 1)


async def test_gives_up_on_a_chain_that_never_stands_still() -> None:
    chain = Chain(ATTEMPTS_MAX)
    with pytest.raises(Transport):
        await steady(chain.newest, chain.ask, not_before=START)
    assert chain.asked == ATTEMPTS_MAX


async def test_an_answer_of_another_block_is_asked_again() -> None:
    chain, answers = Chain(0), iter([None, None, "sound"])

    async def ask(_: BlockRef) -> str | None:
        return next(answers)

    assert await steady(chain.newest, ask, not_before=START) == (START, "sound")


async def test_a_provider_behind_the_pinned_block_is_not_read() -> None:
    chain = Chain(0)
    with pytest.raises(Transport):
        await steady(chain.newest, chain.ask, not_before=BlockRef(6, "6"))
    assert chain.asked == 0


async def test_another_block_of_the_same_height_is_another_block() -> None:
    hashes = iter(["a", "b", "b"])

    async def newest() -> BlockRef:
        return BlockRef(5, next(hashes))

    async def ask(block: BlockRef) -> str:
        return block.hash

    assert await steady(newest, ask, not_before=START) == (BlockRef(5, "b"), "b")
