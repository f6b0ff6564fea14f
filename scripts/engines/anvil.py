"""anvil: a real EVM node on loopback, with accounts, tokens and blocks made to order.

Nothing is mined unless asked. What the setters write belongs to the newest block, and ``mine`` seals it there. The
``finalized`` block is two below the newest (one slot an epoch).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from chains.adapter import Call, Json, Rpc
from chains.codec.evm_address import keccak256
from chains.errors import RpcFault
from chains.rpc import open_rpc
from chains.spec import ProviderSpec
from chains.types import Address, ChainId
from scripts.engines import EngineMissing, npm
from scripts.engines.npm import HOME

PACKAGE = "@foundry-rs/anvil@1.7.1"
BLOCKS_TO_FINAL = 3

REVERTS = "0x60006000fd"
SHORT = "0x600160005260016000f3"  # returns one byte
HUGE = "0x602a60005261ffff6000f3"  # returns 65,535 bytes, the first word is 42
SILENT = "0x00"  # returns nothing


def find() -> Path | None:
    """``$ASSAY_ANVIL``, else the installed platform binary (no node process in between), else PATH."""
    if named := os.environ.get("ASSAY_ANVIL"):
        return Path(named)
    for binary in sorted(HOME.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
        return binary
    on_path = shutil.which("anvil")
    return Path(on_path) if on_path else None


def install() -> Path:
    """The path of anvil, brought by npm when it is not here yet. Raises EngineMissing."""
    if found := find():
        return found
    npm.install(HOME, PACKAGE)
    if found := find():
        return found
    raise EngineMissing("npm installed anvil, but there is no binary of it for this platform (set ASSAY_ANVIL to one)")


def token_code(*, decimals: int) -> str:
    """An ERC-20 as small as can be: ``balanceOf`` reads the mapping at slot 0, ``decimals`` returns a constant."""
    return "0x" + "".join(
        (
            "600035 60e01c",  # selector
            "80 63 70a08231 14 601e 57",  # balanceOf(address) -> 0x1e
            "63 313ce567 14 6038 57",  # decimals() -> 0x38
            "60006000fd",  # anything else reverts
            "5b 600435 600052 6000602052 6040600020 54 600052 60206000f3",  # 0x1e: sload(keccak(address . 0))
            f"5b 60{decimals:02x} 600052 60206000f3",  # 0x38
        )
    ).replace(" ", "")


def proxy_code(implementation: str) -> str:
    """Passes everything on by DELEGATECALL, as the ERC-1967 proxies of real tokens do; the address is a constant."""
    passed = "36 6000 6000 37 6000 6000 36 6000"  # calldata, and no room for the answer yet
    back = "3d 6000 6000 3e 3d 6000"
    return f"0x{passed} 73{implementation[2:]} 5a f4 15 603257 {back} f3 5b {back} fd".replace(" ", "")


class Anvil:
    """``async with Anvil(chain_id=1) as node``: started on a free port, ended by its own pid.

    Entering raises EngineMissing. ``number`` is the height of the first block, ``timestamp`` its Unix time, ``flags``
    any further options of anvil.
    """

    rpc: Rpc
    url: str

    def __init__(
        self, *, chain_id: int = 31337, number: int = 0, timestamp: int | None = None, flags: Sequence[str] = ()
    ) -> None:
        self.chain_id = chain_id
        self._flags = ["--chain-id", str(chain_id), "--number", str(number), *flags]
        if timestamp is not None:
            self._flags += ["--timestamp", str(timestamp)]
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            process = await _start(await asyncio.to_thread(install), self._flags)
            stack.push_async_callback(_end, process)
            async with asyncio.timeout(30):
                self.url = f"http://{await _listening(process)}"
            self.rpc = await stack.enter_async_context(open_rpc(self.provider("anvil")))
            await self.rpc.call("anvil_setLoggingEnabled", (False,))  # else the pipe fills: nobody reads it on
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def provider(self, name: str, *, batch_max: int = 100) -> ProviderSpec:
        """This node as a configured provider."""
        return ProviderSpec(
            name=name,
            chain=ChainId(f"eip155:{self.chain_id}"),
            url=self.url,
            operator="local",
            per_second_max=10_000.0,
            batch_max=batch_max,
        )

    async def mine(self, blocks: int = BLOCKS_TO_FINAL, *, interval_s: int = 12) -> None:
        """Adds blocks; the default makes everything set so far part of the ``finalized`` block."""
        await self.rpc.call("anvil_mine", (hex(blocks), hex(interval_s)))

    async def reorg(self, depth: int) -> None:
        """Replaces the newest ``depth`` blocks by as many others."""
        await self.rpc.call("anvil_reorg", (depth, []))

    async def set_balances(self, balances: Mapping[Address, int]) -> None:
        await self._all([("anvil_setBalance", (address, hex(wei))) for address, wei in balances.items()])

    async def set_code(self, address: str, code: str) -> None:
        await self.rpc.call("anvil_setCode", (address, code))

    async def set_token(self, token: str, *, decimals: int, balances: Mapping[Address, int]) -> None:
        """Puts an ERC-20 at an address and these balances into it; balances of an earlier call stay."""
        await self.set_code(token, token_code(decimals=decimals))
        await self.set_token_balances(token, balances)

    async def set_token_balances(self, token: str, balances: Mapping[Address, int]) -> None:
        """Into the mapping at slot 0 of whatever is there."""
        await self._all(
            [
                ("anvil_setStorageAt", (token, _slot(address), f"0x{amount:064x}"))
                for address, amount in balances.items()
            ]
        )

    async def _all(self, calls: Sequence[Call]) -> None:
        answers: list[Json | RpcFault] = await self.rpc.batch(calls) if calls else []
        for answer in answers:
            if isinstance(answer, RpcFault):
                raise answer


def _slot(address: Address) -> str:
    return "0x" + keccak256(bytes.fromhex(address[2:]).rjust(32, b"\0") + bytes(32)).hex()


async def _start(binary: Path, flags: Sequence[str]) -> asyncio.subprocess.Process:
    common = ("--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--no-mining", "--slots-in-an-epoch", "1")
    try:
        return await asyncio.create_subprocess_exec(
            binary, *common, *flags, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except OSError as error:
        raise EngineMissing(f"anvil does not start: {error}") from None


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    last = ""
    async for line in process.stdout:
        last = line.decode().strip() or last
        if last.startswith("Listening on "):
            return last.removeprefix("Listening on ")
    raise EngineMissing(f"anvil ended before it listened: {last}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
