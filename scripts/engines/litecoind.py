"""litecoind: a real Bitcoin-type node on a private regtest chain, with coins sent to order.

Blocks pay raw(51), change goes to raw(52): scripts anyone can spend, so that no wallet is needed and the node itself
is asked what is left to hand out. Taproot is off, MWEB unless asked for: neither asks for signatures nor hides coins.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from bitcoin.core import (  # type: ignore[import-untyped]
    CMutableTransaction,
    CMutableTxIn,
    CMutableTxOut,
    COutPoint,
    CTxInWitness,
    CTxWitness,
    b2lx,
    lx,
)
from bitcoin.core.script import CScript, CScriptWitness  # type: ignore[import-untyped]

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ChainSpec, ProviderSpec
from chains.types import ChainId, Instrument
from chains.utxo import address
from chains.utxo.params import coin_of
from chains.utxo.wire import units
from scripts.engines import EngineMissing

PACKAGE = "litecoind"
HOME = Path(__file__).resolve().parents[2] / ".cache" / "engines" / "litecoin"
MINED, CHANGE = b"\x51", b"\x52"
MATURE = 100
MWEB_SINCE = 432
OUTPUTS_MAX, BLOCK_TRANSACTIONS_MAX = 2_000, 10  # a block holds a million bytes, an output up to 43
START_S, TERMINATE_S = 60, 5

REGTEST = ChainSpec(
    id=ChainId("bip122:530827f38f93b43ed12af0b3ad25a288"),
    name="Litecoin regtest",
    family="utxo",
    native=Instrument("slip44:2"),
    native_decimals=8,
    options={
        "p2pkh": 111,
        "p2sh": [58, 196],
        "hrp": "rltc",
        "hidden": {"tmweb": "an MWEB address"},
        "pegouts": True,
        "magic": "fabfb5da",
        "confirmations": 2,
    },
)
"""The chain this engine serves. Two confirmations, so that every reading has something to undo."""


class Coin(NamedTuple):
    """An unspent output, and what spends it."""

    txid: str
    vout: int
    amount: int
    script: bytes
    script_sig: bytes = b""
    witness: tuple[bytes, ...] = ()


def find() -> Path | None:
    """``$ASSAY_LITECOIND``, else Debian's binary, else PATH.

    Debian puts a script on PATH that writes to the home folder; what it starts is taken instead.
    """
    if named := os.environ.get("ASSAY_LITECOIND"):
        return Path(named)
    for root in (Path("/"), HOME):
        if (binary := root / "usr" / "lib" / "litecoin" / "litecoind").is_file():
            return binary
    on_path = shutil.which("litecoind")
    return Path(on_path) if on_path else None


def install() -> Path:
    """The path of litecoind, brought by apt when it is not here yet: system-wide as root, else unpacked under .cache.

    Raises EngineMissing.
    """
    if found := find():
        return found
    if shutil.which("apt-get") is None:
        raise EngineMissing("litecoind is not installed and there is no apt to install it (set ASSAY_LITECOIND)")
    if os.geteuid() == 0:
        if _apt("install", "--yes", "--no-install-recommends", PACKAGE).returncode:
            _apt("update")
            _apt("install", "--yes", "--no-install-recommends", PACKAGE)
    else:
        _unpack()
    if found := find():
        return found
    raise EngineMissing("apt could not bring litecoind, which is a Debian package (set ASSAY_LITECOIND to a binary)")


def _apt(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    return subprocess.run(
        ["apt-get", "--quiet", *arguments], capture_output=True, text=True, check=False, env=environment, cwd=cwd
    )


def _unpack() -> None:
    """The package and those of its libraries that are missing here, without touching the system."""
    HOME.mkdir(parents=True, exist_ok=True)
    plan = _apt("--simulate", "--no-install-recommends", "install", PACKAGE)
    names = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("Inst ")]
    with tempfile.TemporaryDirectory(prefix="assay-litecoin-") as folder:
        if names and _apt("download", *names, cwd=Path(folder)).returncode == 0:
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg", "--extract", package, HOME], capture_output=True, check=False)


class Litecoind:
    """``async with Litecoind() as node``: a fresh chain with 5,000 coins to hand out, ended by its own pid.

    Entering raises EngineMissing. ``rpc`` and ``provider`` reach the node; ``url`` holds its password.
    """

    rpc: Rpc
    url: str

    def __init__(self, *, txindex: bool = True, blocks: int = 200, mweb: bool = False) -> None:
        """``mweb``: with a wallet, and hidden coins from block 432 on (see `hide`)."""
        self._txindex = txindex
        self._mweb = mweb
        self._blocks = blocks
        self._coin = coin_of(REGTEST)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self.url = await stack.enter_async_context(_running(install(), txindex=self._txindex, mweb=self._mweb))
            self.rpc = await stack.enter_async_context(open_rpc(self.provider("litecoind")))
            await self.mine(self._blocks)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def provider(self, name: str) -> ProviderSpec:
        """This node as a configured provider."""
        return ProviderSpec(
            name=name, chain=REGTEST.id, url=self.url, operator="local", per_second_max=10_000.0, timeout_s=120.0
        )

    async def mine(self, blocks: int = 1, *, to: str | None = None) -> list[str]:
        """Adds blocks and returns their hashes; ``to`` is an address that earns them, for tests of coinbases."""
        if to is None:
            return cast(list[str], await self.rpc.call("generatetodescriptor", [blocks, f"raw({MINED.hex()})"]))
        return cast(list[str], await self.rpc.call("generatetoaddress", [blocks, to]))

    async def pay(self, outputs: Sequence[tuple[str, int]]) -> list[Coin]:
        """Pays exact amounts (litoshi) to addresses in one new block, or a few; one coin per output, in order."""
        paid = [(address.to_script(self._coin, text), amount) for text, amount in outputs]
        coins: list[Coin] = []
        transactions: list[str] = []
        purse = sorted(await self.purse(), key=lambda coin: coin.amount)
        for start in range(0, len(paid), OUTPUTS_MAX):
            part = paid[start : start + OUTPUTS_MAX]
            inputs, rest = _take(purse, sum(amount for _, amount in part))
            raw, made = transaction(inputs, [*part, (CHANGE, rest)])
            purse.append(made.pop())
            coins += made
            transactions.append(raw)
        for start in range(0, len(transactions), BLOCK_TRANSACTIONS_MAX):
            await self.mine_with(transactions[start : start + BLOCK_TRANSACTIONS_MAX])
        return coins

    async def spend(self, coins: Sequence[Coin], outputs: Sequence[tuple[str, int]] = ()) -> list[Coin]:
        """Spends coins in one new block; what the outputs leave is change."""
        paid = [(address.to_script(self._coin, text), amount) for text, amount in outputs]
        rest = sum(coin.amount for coin in coins) - sum(amount for _, amount in paid)
        raw, made = transaction(coins, [*paid, (CHANGE, rest)])
        await self.mine_with([raw])
        return made[:-1]

    async def mine_with(self, transactions: Sequence[str]) -> None:
        """One block of exactly these raw transactions (hex)."""
        await self.rpc.call("generateblock", [f"raw({MINED.hex()})", list(transactions)])

    async def invalidate(self, block_hash: str) -> None:
        """Drops a block and all above it from the best chain."""
        await self.rpc.call("invalidateblock", [block_hash])

    async def reconsider(self, block_hash: str) -> None:
        """Takes back ``invalidate``; the longer chain wins."""
        await self.rpc.call("reconsiderblock", [block_hash])

    async def hide(self, coins: int) -> tuple[str, str]:
        """Hides so many coins of a wallet in block 432, where hiding begins: (its MWEB address, its open one)."""
        await self.rpc.call("createwallet", ["hidden"])
        own = cast(str, await self.rpc.call("getnewaddress"))
        height = cast(int, await self.rpc.call("getblockcount"))
        await self.mine(MWEB_SINCE - 1 - height, to=own)
        hidden = cast(str, await self.rpc.call("getnewaddress", ["", "mweb"]))
        await self.rpc.call("sendtoaddress", [hidden, coins])
        await self.mine(to=own)
        return hidden, own

    async def purse(self) -> list[Coin]:
        """Every coin anyone can spend now."""
        descriptors = [f"raw({script.hex()})" for script in (MINED, CHANGE)]
        found = cast(dict[str, Any], await self.rpc.call("scantxoutset", ["start", descriptors]))
        youngest = found["height"] + 1 - MATURE
        return [
            Coin(coin["txid"], coin["vout"], units(coin["amount"], 8), bytes.fromhex(coin["scriptPubKey"]))
            for coin in found["unspents"]
            if coin["scriptPubKey"] == CHANGE.hex() or coin["height"] <= youngest
        ]


def transaction(coins: Iterable[Coin], outputs: Iterable[tuple[bytes, int]]) -> tuple[str, list[Coin]]:
    """(raw transaction in hex, its outputs as coins that need neither scriptSig nor witness)."""
    spent, paid = list(coins), list(outputs)
    tx = CMutableTransaction(
        [CMutableTxIn(COutPoint(lx(coin.txid), coin.vout), CScript(coin.script_sig)) for coin in spent],
        [CMutableTxOut(amount, CScript(script)) for script, amount in paid],
        nVersion=2,
    )
    tx.wit = CTxWitness([CTxInWitness(CScriptWitness(coin.witness)) for coin in spent])
    txid = b2lx(tx.GetTxid())
    return tx.serialize().hex(), [Coin(txid, n, amount, script) for n, (script, amount) in enumerate(paid)]


def _take(purse: list[Coin], amount: int) -> tuple[list[Coin], int]:
    """Takes coins worth at least ``amount`` off the end of the purse; also the change."""
    taken: list[Coin] = []
    total = 0
    while total < amount or not taken:
        if not purse:
            raise ValueError(f"{amount - total} litoshi too little to hand out: start with, or mine, more blocks")
        taken.append(purse.pop())
        total += taken[-1].amount
    return taken, total - amount


@contextlib.asynccontextmanager
async def _running(binary: Path, *, txindex: bool, mweb: bool) -> AsyncIterator[str]:
    """A node that answers, in a folder of its own; yields its URL."""
    password, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory(prefix="assay-litecoind-") as folder:
        settings = (
            "regtest=1", "server=1", "listen=0", f"disablewallet={int(not mweb)}", "printtoconsole=0", "dbcache=64",
            f"txindex={int(txindex)}", f"vbparams=mweb:{'0:9999999999' if mweb else '-2:0'}", "vbparams=taproot:-2:0",
            "fallbackfee=0.0001",
            "[regtest]", f"rpcport={port}", "rpcuser=assay", f"rpcpassword={password}",
        )  # fmt: skip
        Path(folder, "litecoin.conf").write_text("\n".join(settings))
        with Path(folder, "errors.txt").open("w+b") as errors:
            try:
                process = await asyncio.create_subprocess_exec(
                    binary, f"-datadir={folder}", stdout=errors, stderr=errors, env=_environment()
                )
            except OSError as error:
                raise EngineMissing(f"litecoind does not start: {error}") from None
            try:
                await _ready(process, Path(folder))
                yield f"http://assay:{password}@127.0.0.1:{port}"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # its folder goes with it, so there is nothing to flush
                await process.wait()


def _environment() -> dict[str, str]:
    """The environment, with the libraries that ``install`` unpacked beside the binary."""
    folders = [*HOME.glob("usr/lib/*"), *HOME.glob("lib/*")]
    if not folders:
        return dict(os.environ)
    given = os.environ.get("LD_LIBRARY_PATH")
    return os.environ | {"LD_LIBRARY_PATH": os.pathsep.join([*map(str, folders), *([given] if given else [])])}


async def _ready(process: asyncio.subprocess.Process, folder: Path) -> None:
    log = folder / "regtest" / "debug.log"
    async with asyncio.timeout(START_S):
        while not (log.exists() and "Done loading" in log.read_text(errors="replace")):
            if process.returncode is not None:
                said = (folder / "errors.txt").read_text(errors="replace").strip() or "no message"
                raise EngineMissing(f"litecoind ended before it answered: {said.splitlines()[-1]}")
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])
