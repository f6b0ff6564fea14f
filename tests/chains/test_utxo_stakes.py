"""Staked coins wait like mined ones: on a real node whose chain is read as one of a coin that has stakes (Qtum).

A stake is a transaction whose first output is empty, which any chain of this kind lets pass.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import msgspec
import pytest

from chains.adapter import Rpc
from chains.errors import RpcFault
from chains.types import BalanceKey
from chains.utxo import blocks
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.source import unwatched
from scripts.engines import EngineMissing
from scripts.engines.litecoind import REGTEST, Litecoind, transaction
from tests.chains.utxo_holders import Holder, holder
from tests.chains.utxo_rpc import Meddled
from tests.chains.utxo_world import COIN, NO_INDEX, NO_SCAN, Kept

STAKE, PAYMENT = 7_000, 11_000
MATURITY = 4


@pytest.fixture(scope="module")
async def staked() -> AsyncIterator[tuple[Litecoind, Holder, int]]:
    """(node, who staked, the height of it); a plain payment to the same one follows, and ``MATURITY`` blocks."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind(blocks=110))
        except EngineMissing as missing:
            pytest.skip(str(missing))
        one = await holder(node.rpc, "p2wpkh", 1)
        raw, _ = transaction((await node.purse())[:1], [(b"", 0), (one.script, STAKE)])
        await node.mine_with([raw])
        height = await blocks.final_height(node.rpc, 1)
        await node.pay([(one.address, PAYMENT)])
        await node.mine(MATURITY)
        yield node, one, height


async def remarked(rpc: Rpc, one: Holder, height: int, memory: Kept, *, stakes: bool = True) -> tuple[int | None, str]:
    adapter = UtxoAdapter(REGTEST, msgspec.structs.replace(COIN, stakes=stakes, maturity=MATURITY))
    block = await blocks.at_tip_height(rpc, height)
    readings = await adapter.balances_remembered(
        rpc, block, [BalanceKey(one.address, REGTEST.native)], memory, unwatched
    )
    remark = readings.remarks.get(0)
    return readings.amounts[0], "" if remark is None else f"{remark.kind}: {remark.detail}"


@pytest.mark.parametrize("refuse", [{}, NO_SCAN, NO_INDEX | NO_SCAN], ids=["scan", "first block", "forward"])
async def test_a_stake_is_too_young_until_it_is_mature(
    staked: tuple[Litecoind, Holder, int], refuse: Mapping[str, RpcFault]
) -> None:
    node, one, height = staked
    rpc, memory = Meddled(node.rpc, refuse=refuse), Kept()
    young = f"immature-coinbase: 0.00007000 of it are mined or staked coins too young to be spent at block {height + 1}"
    assert await remarked(rpc, one, height - 1, memory) == (0, "")
    assert await remarked(rpc, one, height + 1, memory) == (STAKE + PAYMENT, young)
    assert (await remarked(rpc, one, height + MATURITY - 2, memory))[1]
    assert await remarked(rpc, one, height + MATURITY - 1, memory) == (STAKE + PAYMENT, "")


async def test_where_nobody_stakes_it_is_a_payment(staked: tuple[Litecoind, Holder, int]) -> None:
    node, one, height = staked
    assert await remarked(node.rpc, one, height + 1, Kept(), stakes=False) == (STAKE + PAYMENT, "")


async def test_a_node_that_calls_no_stake_a_coinbase_is_not_believed(staked: tuple[Litecoind, Holder, int]) -> None:
    node, one, height = staked

    def denied(answer: dict[str, list[dict[str, object]]]) -> object:
        return answer | {"unspents": [each | {"coinbase": False} for each in answer["unspents"]]}

    rpc = Meddled(node.rpc, rewrite={"scantxoutset": denied})
    assert "0.00007000 of it" in (await remarked(rpc, one, height + 1, Kept()))[1]
