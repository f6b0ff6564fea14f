"""A pin is void only where every witness answers, and alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import ChainError, Transport
from chains.types import BlockRef
from indexer.work.pin_check import Answer, check_pin, judge
from tests.work.fakes import FakeAdapter, FakeRpc, endpoint

PINNED = BlockRef(50, "a50")
OTHER, THIRD = BlockRef(50, "b50"), BlockRef(50, "c50")
answers = st.lists(
    st.tuples(st.sampled_from(["one", "two", "three"]), st.sampled_from([PINNED, OTHER, THIRD, ChainError("gone")])),
    min_size=1,
    max_size=4,
)


@given(answers)
def test_what_follows_from_the_answers(said: list[Answer]) -> None:
    check = judge(PINNED, said)
    blocks = {now.hash for _, now in said if isinstance(now, BlockRef)}
    unanswered = sum(isinstance(now, ChainError) for _, now in said)
    assert len(check.unasked) == unanswered
    assert (check.moved_to is not None) == (not unanswered and len(blocks) == 1 and blocks != {PINNED.hash})
    assert (not check.contested) == (blocks <= {PINNED.hash} or check.moved_to is not None)
    for name, now in said:
        assert not check.contested or name in check.contested
        assert check.moved_to in (None, now)


@pytest.mark.parametrize(
    ("forks", "moved"), [("aa", False), ("ab", False), ("ba", False), ("bb", True), ("bc", False), ("b", True)]
)
async def test_every_lane_is_asked(forks: str, moved: bool) -> None:
    lanes = tuple((endpoint(f"p{n}", rpc=FakeRpc(f"p{n}", fork=fork)),) for n, fork in enumerate(forks))
    check = await check_pin(PINNED, FakeAdapter(), lanes)  # type: ignore[arg-type]
    assert (check.moved_to is not None) == moved
    assert (check.contested == "") == (moved or set(forks) == {"a"})
    assert all("block" in lane[0].rpc.asked for lane in lanes)  # type: ignore[attr-defined]


async def test_a_witness_that_does_not_answer_voids_nothing_and_is_named() -> None:
    dead, moved = endpoint("dead"), endpoint("moved", rpc=FakeRpc("moved", fork="b"))
    dead.rpc.fail = Transport("dead: 503")  # type: ignore[attr-defined]
    check = await check_pin(PINNED, FakeAdapter(), ((dead,), (moved,)))  # type: ignore[arg-type]
    assert check.moved_to is None
    assert "moved has b50" in check.contested
    assert "dead" in check.unasked[0]
