"""chopsticks: Acala's Substrate node for tests, offline, on a genesis of the caller's own storage.

It serves the storage and the properties of that genesis block. There is no runtime in it, so it builds no block and
decodes no header.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ProviderSpec
from chains.types import ChainId
from scripts.engines import EngineMissing, npm

PACKAGE = "@acala-network/chopsticks@1.1.0"
HOME = npm.HOME / "chopsticks"
PROGRAM = HOME / "node_modules" / "@acala-network" / "chopsticks" / "chopsticks.cjs"
START_S = 60
_LISTENING = re.compile(r"listening on (http://[^ ]+)")
_ERROR = re.compile(r"^\w*Error\b")


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
            process = await _start(program, folder)
            stack.push_async_callback(_end, process)
            url = await _listening(process)
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


async def _start(program: Path, folder: Path) -> asyncio.subprocess.Process:
    node = shutil.which("node")
    assert node is not None, "install says whether there is node"
    return await asyncio.create_subprocess_exec(
        node,
        program,
        "--config",
        folder / "config.json",
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def _listening(process: asyncio.subprocess.Process) -> str:
    """Where it listens, on a port of its own choice: one that is named and taken, it replaces without a word."""
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(START_S):
            async for line in process.stdout:
                said.append(line.decode(errors="replace").strip())
                if found := _LISTENING.search(said[-1]):
                    return found[1]
    except TimeoutError:
        raise EngineMissing(f"chopsticks did not listen within {START_S} seconds: {why(said)}") from None
    raise EngineMissing(f"chopsticks ended before it listened: {why(said)}")


def why(said: Sequence[str]) -> str:
    """The line that names the error: node's own last words are its version."""
    named = [line for line in said if _ERROR.search(line)]
    return next(iter(named or [line for line in reversed(said) if line]), "it said nothing")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
