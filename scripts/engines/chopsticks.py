"""chopsticks: Acala's Substrate node for tests, offline, on a genesis of the caller's own storage.

It serves the storage and the properties of that genesis block. There is no runtime in it, so it builds no block and
decodes no header.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ProviderSpec
from chains.types import ChainId
from scripts.engines import EngineMissing, npm
from scripts.engines.node_program import running

PACKAGE = "@acala-network/chopsticks@1.1.0"
HOME = npm.HOME / "chopsticks"
PROGRAM = HOME / "node_modules" / "@acala-network" / "chopsticks" / "chopsticks.cjs"


def find() -> Path | None:
    return PROGRAM if npm.complete(HOME) and PROGRAM.exists() and shutil.which("node") else None


def install() -> Path:
    """The path of the program, brought by npm when it is not here yet. Raises EngineMissing."""
    if find() is None:
        npm.install(HOME, PACKAGE)
    if found := find():
        return found
    raise EngineMissing("chopsticks is installed, but there is no node to run it")


class Chopsticks:
    """``async with Chopsticks(storage) as node``: ``storage`` is the genesis block's, hex keys to bytes.

    Entering raises EngineMissing.
    """

    rpc: Rpc

    def __init__(self, storage: Mapping[str, bytes], *, ss58: int, decimals: int, symbol: str) -> None:
        self._genesis: dict[str, object] = {
            "name": "local",
            "id": "local",
            "chainType": "Local",
            "protocolId": "local",
            "properties": {"ss58Format": ss58, "tokenDecimals": decimals, "tokenSymbol": symbol},
            "bootNodes": [],
            "telemetryEndpoints": None,
            "consensusEngine": None,
            "codeSubstitutes": {},
            "genesis": {"raw": {"top": {k: "0x" + v.hex() for k, v in storage.items()}, "childrenDefault": {}}},
        }
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-chopsticks-")))
            config = {"genesis": str(folder / "genesis.json"), "port": 0, "host": "127.0.0.1"}
            (folder / "genesis.json").write_bytes(orjson.dumps(self._genesis))
            (folder / "config.json").write_bytes(orjson.dumps(config))
            program = await asyncio.to_thread(install)
            # a port that is named and taken, it replaces without a word: it is asked to choose
            words = ("--config", folder / "config.json")
            url = await stack.enter_async_context(running(program, *words, name="chopsticks", folder=folder))
            provider = ProviderSpec(
                name="chopsticks",
                chain=ChainId("polkadot:" + "45" * 16),
                url=url,
                operator="local",
                per_second_max=1000.0,
            )
            self.rpc = await stack.enter_async_context(open_rpc(provider))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
