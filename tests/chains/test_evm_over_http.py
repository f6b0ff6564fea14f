"""The EVM family through the real client against a server that lies (faults 6, 7, 8, 11 and 19)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest

from chains import registry
from chains.errors import ChainError, Pruned, Reorged, RpcFault, WrongChain
from chains.types import BalanceKey, BlockRef, Reason
from tests.chains.harness_evm import ERC20, NATIVE, address, chain
from tests.sim.client import client
from tests.sim.faults import poisoned, results
from tests.sim.faulty_rpc import FaultyRpc, Methods

ADAPTER = registry.adapter(chain(1))
BLOCK = BlockRef(100, f"0x{100:064x}")
BAD = address(13)


def methods(*, number: int = 1, block: BlockRef = BLOCK, bad: Any = "0x1") -> Methods:
    """A chain of one block where everybody has seven, and the node says ``bad`` of BAD; it knows no overrides."""

    def pinned(at: dict[str, Any] | str, answer: Callable[[], Any]) -> Any:
        if isinstance(at, str):
            return RpcFault(-32602, "invalid block")
        return answer() if at["blockHash"] == block.hash else RpcFault(-32000, "header for hash not found")

    def called(call: dict[str, Any], more: tuple[Any, ...]) -> Any:
        if more:
            return RpcFault(-32602, "too many arguments, want at most 2")
        return bad if call["data"].endswith(BAD[2:]) else f"0x{7:064x}"

    return {
        "eth_chainId": lambda: hex(number),
        "eth_getBlockByNumber": lambda height, _: {
            "number": height,
            "hash": block.hash,
            "parentHash": "0x" + "00" * 32,
            "timestamp": "0x1",
        },
        "eth_getBalance": lambda holder, at: pinned(at, lambda: bad if holder == BAD else "0x7"),
        "eth_call": lambda call, at, *more: pinned(at, lambda: called(call, more)),
        "eth_getCode": lambda token, at: pinned(at, lambda: "0x"),
    }


KEYS = [BalanceKey(address(n), NATIVE if n % 2 else ERC20) for n in range(30)]
WRONG = KEYS.index(BalanceKey(BAD, NATIVE))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, Reason.EMPTY),
        ("0x", Reason.EMPTY),
        ("0x1" + "0" * 64, Reason.OUT_OF_RANGE),
        ("zero", Reason.MALFORMED),
        (0, Reason.MALFORMED),
        (RpcFault(3, "execution reverted"), Reason.REVERTED),
        (RpcFault(-32000, "nobody knows these words"), Reason.REFUSED),
    ],
)
async def test_one_bad_answer_of_a_batch(bad: Any, reason: Reason) -> None:
    async with FaultyRpc(methods(bad=bad)) as server, client(server.url, batch_max=10) as rpc:
        readings = await ADAPTER.balances(rpc, BLOCK, KEYS)
    assert readings.failures.keys() == {WRONG}
    assert readings.failures[WRONG].reason is reason
    assert [amount for index, amount in enumerate(readings.amounts) if index != WRONG] == [7] * 29


async def test_one_bad_parameter_fails_its_batch_and_is_isolated() -> None:
    async with FaultyRpc(methods(), repeat(poisoned(BAD[2:]))) as server, client(server.url, batch_max=10) as rpc:
        readings = await ADAPTER.balances(rpc, BLOCK, KEYS)
    assert readings.failures.keys() == {WRONG}
    assert readings.failures[WRONG].reason is Reason.REFUSED
    assert readings.amounts.count(7) == 29


@pytest.mark.parametrize("nothing", [None, "0x"])
async def test_a_server_with_nothing_to_say_gives_no_zero(nothing: object) -> None:
    async with FaultyRpc(methods(), repeat(results(nothing))) as server, client(server.url) as rpc:
        with pytest.raises(ChainError):
            await ADAPTER.balances(rpc, BLOCK, KEYS)
        with pytest.raises(ChainError):
            await ADAPTER.final_block(rpc)
        with pytest.raises(ChainError):
            await ADAPTER.check_chain(rpc)


async def test_another_chain_after_a_failover_is_found_out_and_never_answers() -> None:
    elsewhere = methods(number=2, block=BlockRef(100, "0x" + "ee" * 32))
    probed = 7  # requests: the chain, the header, two pins of one way, one of two more, the batch
    async with FaultyRpc(methods(), failover=(probed, elsewhere)) as server, client(server.url) as rpc:
        await ADAPTER.check_chain(rpc)
        assert (await ADAPTER.balances(rpc, BLOCK, KEYS[:2])).amounts == [7, 7]
        with pytest.raises((Reorged, Pruned)):
            await ADAPTER.balances(rpc, BLOCK, KEYS[:2])
        with pytest.raises(WrongChain):
            await ADAPTER.check_chain(rpc)
