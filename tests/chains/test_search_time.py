"""The block at a time: against a plain walk over every block, with skipped heights and pruned beginnings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import ChainError, NotFinal, Pruned
from chains.search_time import find, only_now
from chains.types import BlockRef

START = datetime(2025, 1, 1, tzinfo=UTC)


def block(height: int, seconds: int) -> BlockRef:
    return BlockRef(height, f"hash {height}", START + timedelta(seconds=seconds))


@st.composite
def chains(draw: st.DrawFn) -> list[BlockRef]:
    """Heights and times both grow, with gaps; neighbours may share a time."""
    steps = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=30))
    blocks, height, seconds = [block(0, 0)], 0, 0
    for up, later in steps:
        height, seconds = height + up, seconds + later
        blocks.append(block(height, seconds))
    return blocks


def plain(blocks: list[BlockRef], height: int) -> BlockRef:
    return next(found for found in reversed(blocks) if found.height <= height)


@given(chain=chains(), seconds=st.integers(-3, 160), oldest=st.integers(0, 40))
async def test_by_time_as_by_a_walk(chain: list[BlockRef], seconds: int, oldest: int) -> None:
    time, final = START + timedelta(seconds=seconds), chain[-1]

    async def at(height: int) -> BlockRef:
        if height < oldest:
            raise Pruned(0, "gone")
        return plain(chain, height)

    expected = [found for found in chain if found.time is not None and found.time <= time]
    if final in expected:
        with pytest.raises(NotFinal):
            await find(at, final, height=None, time=time)
    elif not expected:
        with pytest.raises(ChainError):
            await find(at, final, height=None, time=time)
    else:
        after = chain[len(expected)]
        if after.height - 1 >= oldest:
            assert await find(at, final, height=None, time=time) == expected[-1]
        else:
            with pytest.raises(Pruned):
                await find(at, final, height=None, time=time)


@given(chain=chains(), height=st.integers(0, 130))
async def test_by_height(chain: list[BlockRef], height: int) -> None:
    async def at(height: int) -> BlockRef:
        return plain(chain, height)

    if height > chain[-1].height:
        with pytest.raises(NotFinal):
            await find(at, chain[-1], height=height, time=None)
    else:
        assert await find(at, chain[-1], height=height, time=None) == plain(chain, height)


def test_only_now() -> None:
    now = block(9, 90)
    assert now.time is not None
    assert only_now(now, height=9, time=None) == only_now(now, height=None, time=now.time) == now
    for height in (8, 0):
        with pytest.raises(Pruned):
            only_now(now, height=height, time=None)
    with pytest.raises(Pruned):
        only_now(now, height=None, time=now.time - timedelta(seconds=1))
    with pytest.raises(NotFinal):
        only_now(now, height=10, time=None)
    with pytest.raises(NotFinal):
        only_now(now, height=None, time=now.time + timedelta(seconds=1))
