"""Answers no honest node gives, one bad among good ones (faults 7, 8, 19), and refusals about the block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from chains.adapter import Json
from chains.errors import Pruned, Reorged, RpcFault, TooLarge
from chains.evm import balances, multicall
from chains.evm.adapter import build
from chains.evm.ways import Way, ask
from chains.types import Address, BalanceKey, BlockRef, Failure, Readings, Reason
from tests.chains.harness_evm import ERC20, HARNESS, NATIVE, TOKEN, address
from tests.chains.scripted import ScriptedRpc

BLOCK = BlockRef(100, f"0x{100:064x}")
PIN = {"blockHash": BLOCK.hash, "requireCanonical": True}
GOOD, BAD = address(1), address(2)
HEADER: dict[str, Json] = {"number": hex(100), "hash": BLOCK.hash, "timestamp": "0x1"}
WORD_7 = f"0x{7:064x}"


def node(
    bad: Json | RpcFault, *, header: Json = HEADER, code: Json | RpcFault = "0x6000", good: bool = True
) -> ScriptedRpc:
    """Seven for GOOD (or the bad answer for all), ``bad`` for BAD."""

    def script(method: str, params: Sequence[object]) -> Json | RpcFault:
        if method == "eth_getBlockByNumber":
            return header
        if method == "eth_getCode":
            return code
        assert params[1] == PIN, "every read is pinned by hash"
        if method == "eth_getBalance":
            return "0x7" if good and params[0] == GOOD else bad
        assert method == "eth_call"
        assert isinstance(params[0], dict)
        assert params[0]["to"] == TOKEN
        data = str(params[0]["data"])
        assert data.startswith("0x70a08231" + "0" * 24)
        return WORD_7 if good and data.endswith(GOOD[2:]) else bad

    return ScriptedRpc(script)


async def read(rpc: ScriptedRpc, *holders: Address) -> Readings:
    keys = [BalanceKey(holder, instrument) for holder in holders for instrument in (NATIVE, ERC20)]
    return await balances.read(rpc, BLOCK, keys, native=NATIVE)


@pytest.mark.parametrize(
    ("answer", "native", "token"),
    [
        (None, Reason.EMPTY, Reason.EMPTY),
        ("0x", Reason.EMPTY, Reason.EMPTY),
        ("0x" + "f" * 65, Reason.OUT_OF_RANGE, Reason.MALFORMED),
        ("0x0", 0, Reason.MALFORMED),
        (0, Reason.MALFORMED, Reason.MALFORMED),
        ({}, Reason.MALFORMED, Reason.MALFORMED),
        (RpcFault(3, "execution reverted"), Reason.REVERTED, Reason.REVERTED),
        (RpcFault(-32603, "Internal error"), Reason.REFUSED, Reason.REFUSED),
    ],
)
async def test_a_bad_answer_is_a_reason_and_its_neighbours_stay(
    answer: Json | RpcFault, native: Reason | int, token: Reason
) -> None:
    readings = await read(node(answer), GOOD, BAD, GOOD)
    said = [readings.failures[i].reason if i in readings.failures else n for i, n in enumerate(readings.amounts)]
    assert said == [7, 7, native, token, 7, 7]
    assert readings.block == BLOCK


@pytest.mark.parametrize(
    ("code", "reason"),
    [("0x", Reason.NO_CODE), ("0x6000", Reason.EMPTY), (None, Reason.EMPTY), (RpcFault(-1, "no"), Reason.EMPTY)],
)
async def test_only_a_node_that_says_so_makes_it_no_code(code: Json | RpcFault, reason: Reason) -> None:
    rpc = node("0x", code=code)
    readings = await read(rpc, BAD, GOOD, BAD)
    assert readings.failures[1].reason is reason
    assert readings.failures[5].reason is reason
    assert readings.failures[0].reason is Reason.EMPTY, "a coin has no code"
    assert [call for call in rpc.calls if call[0] == "eth_getCode"] == [("eth_getCode", (TOKEN, PIN))], "once a token"


UNKNOWN = RpcFault(-32000, "header for hash not found")


@pytest.mark.parametrize(
    ("header", "error"), [(HEADER, Pruned), (HEADER | {"hash": f"0x{101:064x}"}, Reorged), (None, Pruned)]
)
@pytest.mark.parametrize("good", [True, False])
async def test_a_block_the_node_lacks_fails_the_request(header: Json, error: type[Exception], good: bool) -> None:
    with pytest.raises(error):
        await read(node(UNKNOWN, header=header, good=good), GOOD, BAD)


async def test_any_refusal_makes_us_look_whether_the_block_is_still_there() -> None:
    moved = HEADER | {"hash": f"0x{101:064x}"}
    with pytest.raises(Reorged):
        await read(node(RpcFault(-32603, "words nobody knows"), header=moved), GOOD, BAD)


async def test_a_node_that_refuses_everything_has_not_answered() -> None:
    with pytest.raises(RpcFault, match="does not exist"):
        await read(node(RpcFault(-32601, "the method does not exist"), good=False), GOOD, BAD)


async def test_no_request_for_nothing() -> None:
    rpc = node(None)
    assert (await balances.read(rpc, BLOCK, [], native=NATIVE)).amounts == []
    assert rpc.calls == []


async def test_decimals_take_one_pinned_request() -> None:
    rpc = ScriptedRpc(lambda *_: WORD_7)
    adapter = build(HARNESS.spec)
    assert await adapter.decimals(rpc, BLOCK, ERC20) == 7
    ((method, params),) = rpc.calls
    assert method == "eth_call"
    assert params[1] == PIN
    assert isinstance(params[0], dict)
    assert params[0]["data"] == "0x313ce567"


def test_a_failure_carries_its_words() -> None:
    assert balances.decode(RpcFault(3, "execution reverted: frozen"), native=False) == Failure(
        Reason.REVERTED, "3: execution reverted: frozen"
    )


@pytest.mark.parametrize(
    "words",
    [
        "out of gas",
        "out of gas: gas required exceeds allowance: 30000000",
        "EVM error OutOfGas",
        "gas required exceeds allowance (50000000)",
        "err: intrinsic gas too low: have 50000000, want 64021000 (supplied gas 50000000)",
        "tx gas limit 60000000 exceeds block gas limit 50000000",
    ],
)
@pytest.mark.parametrize("way", [Way.OVERRIDE, Way.INITCODE, Way.MULTICALL])
async def test_want_of_gas_asks_for_less_at_once(way: Way, words: str) -> None:
    with pytest.raises(TooLarge):
        await ask(
            ScriptedRpc(lambda *_: RpcFault(-32000, words)),
            way,
            "latest",
            [bytes(20)],
            np.zeros((3, 20), np.uint8),
            multicall3=multicall.ADDRESS,
        )
