"""A dump and its reading beside the node's own scan of the same, smaller set."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from chains.utxo.dump import Rules, read_dump
from chains.utxo.wire import units
from scripts.benches.measure import Figure, figure, interleaved
from scripts.engines import EngineMissing
from scripts.engines.litecoind import CHANGE, Litecoind, transaction

NODE_COINS, OUTPUTS, AMOUNT = 100_000, 2_000, 1_000


def against_node(scripts: Sequence[bytes], *, rounds: int) -> list[Figure]:
    """Empty, saying so, where there is no litecoind."""
    try:
        return asyncio.run(_measured(scripts, rounds))
    except EngineMissing as missing:
        print(f"bench utxo: no figure beside a node: {missing}", file=sys.stderr)
        return []


async def _measured(scripts: Sequence[bytes], rounds: int) -> list[Figure]:
    async with Litecoind() as node:
        await _fill(node, scripts)
        info = cast(dict[str, Any], await node.rpc.call("gettxoutsetinfo"))
        descriptors = [f"raw({script.hex()})" for script in scripts]
        loop = asyncio.get_running_loop()

        async def scan() -> float:
            start = time.perf_counter()
            said = cast(dict[str, Any], await node.rpc.call("scantxoutset", ["start", descriptors]))
            _check(units(said["total_amount"], 8))
            return time.perf_counter() - start

        async def dump() -> float:
            with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
                file = Path(name) / "utxo.dat"
                start = time.perf_counter()
                said = cast(dict[str, Any], await node.rpc.call("dumptxoutset", [str(file)]))
                rules = Rules(said["base_height"], pegouts=True)
                read = await asyncio.to_thread(read_dump, file, scripts, rules, block_hash=said["base_hash"])
                seconds = time.perf_counter() - start
            _check(sum(read.amounts))
            return seconds

        def awaited(what: Any) -> Any:
            return lambda: asyncio.run_coroutine_threadsafe(what(), loop).result()

        subjects = {"dump": awaited(dump), "scan": awaited(scan)}
        medians = await asyncio.to_thread(interleaved, subjects, rounds=rounds)
    name = f"a node's {info['txouts']} coins, dumped and read (floor: its scan)"
    return [figure("utxo", name, unit="s", value=medians["dump"], floor=medians["scan"])]


async def _fill(node: Litecoind, scripts: Sequence[bytes]) -> None:
    for start in range(0, NODE_COINS, OUTPUTS):
        paid = [(script, AMOUNT) for script in scripts[start : start + OUTPUTS]]
        (coin, *_) = sorted(await node.purse(), key=lambda coin: -coin.amount)
        raw, _ = transaction([coin], [*paid, (CHANGE, coin.amount - OUTPUTS * AMOUNT)])
        await node.mine_with([raw])


def _check(total: int) -> None:
    if total != NODE_COINS * AMOUNT:
        raise RuntimeError(f"{total} litoshi found of {NODE_COINS * AMOUNT}")
