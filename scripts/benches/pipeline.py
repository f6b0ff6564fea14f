"""Bench `pipeline`: 630,000 addresses x 4 assets through the real thing, from the file to the ratio, store included.

The node is one local anvil, and it holds exactly what the list claims, so every total is known. The floor of the time
is the packed reader alone (bench `evm` measures that); here it is the import alone, the part that asks no node.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import orjson

from chains.types import Address
from indexer.core.amounts import format_amount
from indexer.store.embedded import until_stopped
from scripts.benches.measure import Figure, figure
from scripts.engines.anvil import Anvil

ADDRESSES = 630_000
GOAL_MB = 600
HEIGHT = 20_000_000
TOKENS = (
    ("USDT", "0xdac17f958d2ee523a2206206994597c13d831ec7", 6),
    ("USDC", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 6),
    ("LINK", "0x514910771af9ca656af840dff83e8264ecf986ca", 18),
)
_ASSETS = (("ETH", 18), *((symbol, decimals) for symbol, _, decimals in TOKENS))


def run(rounds: int) -> list[Figure]:
    """One round whatever is asked for: it takes minutes."""
    del rounds
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        return asyncio.run(_measure(home))


async def _measure(home: Path) -> list[Figure]:
    path = home / "list.csv"
    totals = _write(path)
    async with Anvil(chain_id=1, number=HEIGHT - 1) as node:
        await _fill(node)
        provider = msgspec.structs.replace(node.provider("anvil"), timeout_s=120.0)
        # anvil builds the whole trie again for every proof: seconds each, of this size
        (home / "config.toml").write_text("[policy]\nprove_top = 0\nprove_draws = 0\n")
        (home / "providers.toml").touch(mode=0o600)
        (home / "providers.toml").write_bytes(msgspec.toml.encode({"provider": [provider]}))
        idle_mb: list[float] = []
        await _assay(home, idle_mb, "config", "check")
        peaks_mb: list[float] = []
        start = time.perf_counter()
        await _assay(home, peaks_mb, "import", str(path), "--exchange", "Bench")
        imported_s = time.perf_counter() - start
        start = time.perf_counter()
        said = await _assay(home, peaks_mb, "sweep", "--exchange", "Bench")
        swept_s = time.perf_counter() - start
        report = orjson.loads(await _assay(home, peaks_mb, "ratio", "--exchange", "Bench", "--json"))
    await until_stopped(home / "data")
    found = {total["asset"]: int(total["observed"]["low"]["base_units"]) for total in report["assets"]}
    scaled = {total["asset"]: total["scale"] for total in report["assets"]}
    for symbol, decimals in _ASSETS:
        if found[symbol] != totals[symbol] * 10 ** (scaled[symbol] - decimals) or not report["complete"]:
            raise RuntimeError(
                f"{symbol}: {found[symbol]} is not the {totals[symbol]} that was claimed: {said[-500:]!r}"
            )
    pairs = ADDRESSES * len(_ASSETS)
    return [
        figure(
            "pipeline",
            f"{pairs} pairs planned, read, stored and published (totals exact)",
            unit="pairs/s",
            value=pairs / swept_s,
            floor=pairs / imported_s,
        ),
        figure(
            "pipeline",
            "peak memory of one process, beside an idle one",
            unit="MB",
            value=max(peaks_mb),
            floor=max(idle_mb),
            goal=GOAL_MB,
            better="lower",
        ),
    ]


_CHILD = """
import resource, sys
from indexer.cli.main import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


async def _assay(home: Path, peaks_mb: list[float], *words: str) -> bytes:
    """What the command prints; its peak memory is appended to ``peaks_mb``."""
    env = os.environ | {
        "ASSAY_CONFIG": str(home / "config.toml"),
        "ASSAY_PROVIDERS": str(home / "providers.toml"),
        "ASSAY_DATA_DIR": str(home / "data"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, *words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"assay {words[0]} ended with {process.returncode}: {out[-500:]!r}")
    peaks_mb.append(int(err.split()[-1]) / 1024)
    return out


def _address(number: int) -> Address:
    return Address("0x" + hashlib.sha256(b"%d" % number).hexdigest()[:40])


def _amount(number: int, asset: int) -> int:
    return number * 1_000_003 + asset + 1


def _write(path: Path) -> dict[str, int]:
    """The list, and what it claims of each asset in base units."""
    totals = dict.fromkeys((symbol for symbol, _ in _ASSETS), 0)
    with path.open("w") as file:
        file.write("network,asset,address,amount,height\n")
        for number in range(ADDRESSES):
            address = _address(number)
            for index, (symbol, decimals) in enumerate(_ASSETS):
                amount = _amount(number, index)
                totals[symbol] += amount
                file.write(f"Ethereum,{symbol},{address},{format_amount(amount, decimals=decimals)},{HEIGHT}\n")
    return totals


async def _fill(node: Anvil) -> None:
    for numbers in _pieces():
        await node.set_balances({_address(n): _amount(n, 0) for n in numbers})
        for index, (_, token, decimals) in enumerate(TOKENS, start=1):
            await node.set_token(token, decimals=decimals, balances={_address(n): _amount(n, index) for n in numbers})
    await node.mine(3)  # the first of them is HEIGHT, with a parent and a state root to check answers by


def _pieces() -> Iterator[range]:
    for start in range(0, ADDRESSES, 10_000):
        yield range(start, min(start + 10_000, ADDRESSES))
