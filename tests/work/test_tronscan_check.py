"""Tronscan beside java-tron as anvil plays it: TRX and TRC-20 read at the newest solid block, and asked for between."""

from __future__ import annotations

from typing import Any

import pytest

from chains import registry
from chains.rpc import open_provider
from chains.types import BalanceKey, BlockRef
from indexer.store.cross_checks import OpenLine
from indexer.work.endpoints import Endpoint
from indexer.work.now_check import MOVED, check
from scripts.engines import EngineMissing
from scripts.engines.tron import TronNode
from tests.chains.harness_tron import HARNESS, NATIVE, TOKEN, address, trc20
from tests.chains.now_servers import TronscanServer
from tests.chains.world import World

ADAPTER = registry.adapter(HARNESS.spec)
HOLDERS = [address(number) for number in range(1000, 1003)]
KEYS = [BalanceKey(holder, instrument) for holder in HOLDERS for instrument in (NATIVE, trc20(TOKEN))]


class Scan(TronscanServer):
    """It lists one block, the node's own solid one."""

    solid = BlockRef(0, "")

    def _blocks(self, number: int) -> Any:
        return {"total": 1, "data": [{"number": self.solid.height, "hash": self.solid.hash}]}


async def test_tronscan_confirms_what_rests_and_differs_by_name() -> None:
    world = World({key: 10**6 + number for number, key in enumerate(KEYS)})
    held = world.at(world.head)
    try:
        async with TronNode() as node, Scan(world) as scan:
            await node.set_balances({holder: held[BalanceKey(holder, NATIVE)] for holder in HOLDERS})
            tokens = {holder: held[BalanceKey(holder, trc20(TOKEN))] for holder in HOLDERS}
            await node.set_token(TOKEN, decimals=6, balances=tokens)
            node.accounts[HOLDERS[0]] = {"frozenV2": [{"amount": 40}]}  # beside the liquid amount, for both
            await node.advance()
            spec = scan.provider(HARNESS.spec.id, kind="tronscan", name="scan", operator="TRON")
            async with open_provider(node.provider) as read, open_provider(spec) as asked:
                scan.solid = await ADAPTER.final_block(read)
                lane, checkers = (Endpoint(node.provider, read),), (Endpoint(spec, asked),)
                rows = [OpenLine(number, key, held[key]) for number, key in enumerate(KEYS)]
                rows[1] = rows[1]._replace(amount=1)  # what the run had read of it, before it moved
                scan.said[HOLDERS[2]] = {"balance": 5}
                found = await check(ADAPTER, lane, checkers, rows)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    said = [line.reason if line.amount is None else line.amount for line in found]
    assert said == [10**6, MOVED, 10**6 + 2, 10**6 + 3, 5, 10**6 + 5]
    assert (found[4].provider, found[4].operator) == ("scan", "TRON")
