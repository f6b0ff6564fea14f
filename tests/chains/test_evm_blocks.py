"""Finality, heights and times on chains no node here can be made to serve."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import ChainAdapter, Json
from chains.errors import ChainError, Malformed, NotFinal, Pruned, WrongChain
from chains.evm.adapter import build
from chains.spec import ChainSpec
from chains.types import BlockRef, ChainId, Instrument
from tests.chains.scripted import ScriptedRpc

T0 = 1_700_000_000


def evm(options: Mapping[str, object] | None = None, *, chain: str = "eip155:1") -> ChainAdapter:
    return build(
        ChainSpec(
            id=ChainId(chain),
            name="x",
            family="evm",
            native=Instrument("slip44:60"),
            native_decimals=18,
            options=dict(options or {}),
        )
    )


def block(height: int, seconds: int) -> dict[str, Json]:
    return {"number": hex(height), "hash": f"0x{height:064x}", "timestamp": hex(seconds)}


def ref(height: int, seconds: int) -> BlockRef:
    return BlockRef(height, f"0x{height:064x}", datetime.fromtimestamp(seconds, UTC))


def chain(times: Sequence[int], *, tags: dict[str, int], missing: int = 0) -> ScriptedRpc:
    """Blocks with these times; ``tags`` name heights; the oldest ``missing`` are gone."""

    def script(method: str, params: Sequence[object]) -> Json:
        assert method == "eth_getBlockByNumber"
        name = str(params[0])
        if not name.startswith("0x") and name not in tags:
            return None
        height = int(name, 16) if name.startswith("0x") else tags[name]
        return block(height, times[height]) if missing <= height < len(times) else None

    return ScriptedRpc(script)


TIMES = [T0 + 12 * n for n in range(10)]


@pytest.mark.parametrize(
    ("options", "height"),
    [
        ({}, 5),
        ({"finality": "safe"}, 7),
        ({"finality": "depth", "depth": 2}, 7),
        ({"finality": "depth", "depth": 9}, 0),
    ],
)
async def test_the_rule_of_finality(options: dict[str, object], height: int) -> None:
    rpc = chain(TIMES, tags={"finalized": 5, "safe": 7, "latest": 9})
    adapter = evm(options)
    assert await adapter.final_block(rpc) == ref(height, TIMES[height])
    assert await adapter.block_at(rpc, height=0) == ref(0, T0)
    with pytest.raises(NotFinal):
        await adapter.block_at(rpc, height=height + 1)


async def test_a_chain_too_young_has_no_final_block() -> None:
    with pytest.raises(NotFinal):
        await evm().final_block(chain(TIMES, tags={"latest": 9}))
    with pytest.raises(NotFinal):
        await evm({"finality": "depth", "depth": 10}).final_block(chain(TIMES, tags={"latest": 9}))


@pytest.mark.parametrize(
    "options",
    [
        {"finality": "soon"},
        {"finality": "depth"},
        {"depth": 3},
        {"finality": "depth", "depth": 0},
        {"finality": "depth", "depth": "3"},
        {"finalty": "safe"},
    ],
)
def test_bad_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        evm(options)


@pytest.mark.parametrize("name", ["eip155:", "eip155:x", "eip155:-1", "eip155:1_0", "bip122:1", "1"])
def test_an_id_that_is_no_evm_chain_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        evm(chain=name)


@given(
    steps=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    offset=st.integers(-2, 130),
    missing=st.integers(0, 40),
    behind=st.integers(0, 5),
)
async def test_the_last_block_not_after_a_time(steps: list[int], offset: int, missing: int, behind: int) -> None:
    times = [T0 + sum(steps[:n]) for n in range(len(steps) + 1)]
    newest = max(len(times) - 1 - behind, 0)
    missing = min(missing, newest)
    rpc = chain(times, tags={"finalized": newest}, missing=missing)
    wanted = datetime.fromtimestamp(T0 + offset, UTC)

    expected = bisect_right(times, T0 + offset) - 1
    if times[newest] <= T0 + offset:
        with pytest.raises(NotFinal):
            await evm().block_at(rpc, time=wanted)
    elif expected < missing:
        with pytest.raises(Pruned if missing else ChainError):
            await evm().block_at(rpc, time=wanted)
    else:
        assert await evm().block_at(rpc, time=wanted) == ref(expected, times[expected])


async def test_the_search_takes_few_calls_and_tells_of_a_hole() -> None:
    times = [T0 + 12 * n for n in range(100_000)]
    rpc = chain(times, tags={"finalized": 99_999})
    assert await evm().block_at(rpc, time=datetime.fromtimestamp(T0 + 120, UTC)) == ref(10, T0 + 120)
    assert len(rpc.calls) <= 19


async def test_a_hole_in_the_middle_is_never_the_answer() -> None:
    whole = chain(TIMES, tags={"finalized": 9})
    holed = ScriptedRpc(lambda method, params: None if params[0] == hex(5) else whole.script(method, params))
    assert await evm().block_at(holed, time=datetime.fromtimestamp(TIMES[7], UTC)) == ref(7, TIMES[7])
    with pytest.raises(Pruned):
        await evm().block_at(holed, time=datetime.fromtimestamp(TIMES[5], UTC))


GOOD = block(3, T0)


@pytest.mark.parametrize(
    "answer",
    [
        "0x3",
        [],
        {},
        GOOD | {"number": "3"},
        GOOD | {"number": None},
        GOOD | {"number": hex(4)},
        GOOD | {"timestamp": None},
        GOOD | {"timestamp": "0x"},
        GOOD | {"timestamp": "0x" + "f" * 30},
        GOOD | {"hash": None},
        GOOD | {"hash": "0x12"},
        GOOD | {"hash": "0x" + "g" * 64},
    ],
)
async def test_a_malformed_header_is_never_a_block(answer: Json) -> None:
    rpc = ScriptedRpc(lambda _, params: block(9, T0) if params[0] == "finalized" else answer)
    with pytest.raises(Malformed):
        await evm().block_at(rpc, height=3)


async def test_a_height_the_node_lacks_is_pruned() -> None:
    with pytest.raises(Pruned):
        await evm().block_at(chain(TIMES, tags={"finalized": 9}, missing=5), height=3)


@pytest.mark.parametrize(
    ("answer", "error"), [("0x1", None), ("0x01", None), ("0x2", WrongChain), (None, Malformed), (1, Malformed)]
)
async def test_the_chain_id(answer: Json, error: type[ChainError] | None) -> None:
    rpc = ScriptedRpc(lambda *_: answer)
    if error is None:
        await evm().check_chain(rpc)
    else:
        with pytest.raises(error):
            await evm().check_chain(rpc)
