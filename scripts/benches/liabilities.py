"""Leaves a second, verifying whole trees and committing users, each beside a loop that only hashes; peak memory."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from blake3 import blake3

from indexer.intake.liability_files import open_documents
from indexer.liabilities.registry import verdict_on
from indexer.work.commitment import commit
from indexer.work.processes import Crew
from scripts.benches.liability_trees import bitmex_lines, okx_lines
from scripts.benches.measure import Figure, figure, interleaved

BENCH = "liabilities"
LEAVES = 1 << 17
USERS = 100_000
MEMORY_GOAL_MIB = 256.0
_NODE_BYTES = b"x" * 80  # what one inner node hashes, roughly


def run(rounds: int) -> list[Figure]:
    """Figures for trees of LEAVES leaves and a list of USERS users."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        bitmex, okx, users = here / "bitmex.csv", here / "okx.txt", here / "users.csv"
        write_bitmex(bitmex, LEAVES)
        write_okx(okx, LEAVES)
        write_users(users, USERS)
        outs = iter(range(1_000_000))
        speeds = interleaved(
            {
                "sha256": lambda: _rate(LEAVES, _sha256_loop),
                "blake3": lambda: _rate(LEAVES, _blake3_loop),
                "bitmex": lambda: _rate(LEAVES, lambda: _verify(bitmex)),
                "okx": lambda: _rate(LEAVES, lambda: _verify(okx)),
                "commit": lambda: _rate(USERS, lambda: commit_users(users, here / f"out-{next(outs)}")),
            },
            rounds=rounds,
        )
        peak, bare = _peak_mib(users, here / "peak"), _peak_mib(None, here)
    return [
        _speed("bitmex tree verified", "leaves/s", speeds["bitmex"], speeds["sha256"]),
        _speed("okx-merkle-v2 tree verified", "leaves/s", speeds["okx"], speeds["sha256"]),
        _speed("users committed", "users/s", speeds["commit"], speeds["blake3"]),
        figure(BENCH, "peak memory, commit", unit="MiB", value=peak, floor=bare, goal=MEMORY_GOAL_MIB, better="lower"),
    ]


def write_bitmex(path: Path, leaves: int) -> None:
    lines = bitmex_lines([(at, at.to_bytes(32, "big"), at * 1_000) for at in range(leaves)], height=800_000)
    path.write_text("\n".join(lines))


def write_okx(path: Path, leaves: int) -> None:
    path.write_text("\n".join(okx_lines([(f"{at:064x}", (at, at * 3, at * 7)) for at in range(leaves)])))


def write_users(path: Path, users: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("user,BTC:8,USDT:6\n")
        file.writelines(f"user-{at:08},{at % 97}.{at:08},{at}\n" for at in range(users))


def commit_users(users: Path, out: Path) -> None:
    commit(users, secret=bytes(range(32)), out=out, snapshot="bench", parts=2, publish_leaves=False)


def _verify(path: Path) -> None:
    with Crew() as crew:
        verdict = verdict_on(open_documents([path]), None, spread=crew.spread)
    assert verdict.valid, verdict.rejected


def _rate(items: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return items / (time.perf_counter() - begun)


def _sha256_loop() -> None:
    for _ in range(LEAVES):  # a full tree has as many inner nodes as leaves, less one
        hashlib.sha256(_NODE_BYTES).digest()


def _blake3_loop() -> None:
    """Two leaves and two inner nodes a user."""
    for _ in range(4 * LEAVES):
        blake3(_NODE_BYTES).digest()


def _speed(name: str, unit: str, value: float, floor: float) -> Figure:
    return figure(BENCH, name, unit=unit, value=value, floor=floor)


def _peak_mib(users: Path | None, out: Path) -> float:
    """The peak of a process of its own, which commits (or only imports)."""
    work = "" if users is None else "bench.commit_users(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    code = (
        "import pathlib, sys\n"
        "from scripts.benches import liabilities as bench\n"
        f"{work}\n"
        "print(pathlib.Path('/proc/self/status').read_text())"  # ru_maxrss would count the parent's pages
    )
    command = [sys.executable, "-c", code, str(users), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    return int(kib) / 1024
