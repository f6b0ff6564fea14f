"""One import and plan in a process of its own: ``python -m scripts.benches.import_child import|idle LIST NONCE``.

Prints {"seconds": ..., "peak_mb": ...}. ``idle`` connects and does nothing: the floor of memory.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chains.adapter import Call, Json
from chains.errors import RpcFault
from chains.spec import ProviderSpec
from chains.types import ChainId
from indexer.cli.session import database
from indexer.clock import SystemClock
from indexer.settings import load
from indexer.work.audit import Audit
from indexer.work.endpoints import Endpoint
from indexer.work.observer import Silent
from indexer.work.publication import PublishedFiles

BITCOIN = ChainId("bip122:000000000019d6689c085ae165831e93")
GENESIS = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"


class Node:
    """Just enough of a bitcoind to be pinned: every block is an hour after the one before."""

    provider = "node"

    async def call(self, method: str, params: Any = ()) -> Json:
        match method:
            case "getblockhash":
                return GENESIS if params[0] == 0 else f"{params[0]:064x}"
            case "getblockcount":
                return 800_000
            case "getblockheader":
                height = int(str(params[0]), 16) if params[0] != GENESIS else 0
                when = int(datetime(2009, 1, 3, tzinfo=UTC).timestamp()) + 600 * height
                return {"height": height, "hash": f"{params[0]}", "mediantime": when, "time": when, "confirmations": 1}
        raise RpcFault(-32601, f"no method {method}")

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return [await self.call(method, params) for method, params in calls]


async def main(what: str, path: Path, exchange: str) -> float:
    settings = load()
    async with database(settings) as db:
        if what == "idle":
            return 0.0
        endpoint = Endpoint(ProviderSpec(name="node", chain=BITCOIN, url="http://127.0.0.1/", operator="op"), Node())
        audit = Audit(db, settings, SystemClock(), Silent(), {BITCOIN: ((endpoint,),)}, asyncio.Event())
        start = time.perf_counter()
        _, run = await audit.begin(PublishedFiles(exchange, path, None))
        await audit.plan(run)
        return time.perf_counter() - start


if __name__ == "__main__":
    seconds = asyncio.run(main(sys.argv[1], Path(sys.argv[2]), f"bench {sys.argv[3]}"))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb}))
