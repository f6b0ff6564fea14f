"""Leaves a second, verifying whole trees and committing users, each beside a loop that only hashes; peak memory."""

from __future__ import annotations

import hashlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from indexer.intake.liability_files import open_documents
from indexer.liabilities.registry import verdict_on
from indexer.work.commitment import commit
from indexer.work.processes import Crew
from scripts.benches.liability_trees import bitmex_lines, okx_lines
from scripts.benches.measure import Figure, figure, interleaved

BENCH = "liabilities"
LEAVES = 1 << 20
USERS = 1_000_000
USERS_LARGE = 10_000_000
ROUNDS_MAX = 3  # each round verifies and commits millions
MEMORY_GOAL_MIB = 256.0
_NODE_BYTES = b"x" * 80  # what one inner node hashes, roughly
_BLAKE3_A_USER = 4  # two leaves and two inner nodes


class Spent(NamedTuple):
    wall_s: float
    cpu_s: float
    peak_mib: float


def run(rounds: int) -> list[Figure]:
    """Figures for trees of LEAVES leaves and a list of USERS users."""
    return _figures(LEAVES, USERS, rounds=min(rounds, ROUNDS_MAX))


def run_large(_rounds: int) -> list[Figure]:
    """The same once, committing USERS_LARGE users."""
    return _figures(LEAVES, USERS_LARGE, rounds=1)


def _figures(leaves: int, count: int, *, rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        bitmex, okx, users = here / "bitmex.csv", here / "okx.txt", here / "users.csv"
        write_bitmex(bitmex, leaves)
        write_okx(okx, leaves)
        write_users(users, count)
        work = {"bitmex": (bitmex, leaves), "okx": (okx, leaves), "commit": (users, count)}
        loops = {"sha256": (_sha256_loop, leaves), "blake3": (_blake3_loop, count)}
        cpu: dict[str, list[float]] = {name: [] for name in (*work, *loops)}
        peaks: dict[str, list[float]] = {name: [] for name in work}

        def measured(name: str) -> float:
            path, items = work[name]
            spent = _in_a_process_of_its_own(name, path, here / "out")
            shutil.rmtree(here / "out", ignore_errors=True)
            cpu[name].append(items / spent.cpu_s)
            peaks[name].append(spent.peak_mib)
            return items / spent.wall_s

        def bare(name: str) -> float:
            loop, items = loops[name]
            wall, used = time.perf_counter(), time.process_time()
            loop(items)
            cpu[name].append(items / (time.process_time() - used))
            return items / (time.perf_counter() - wall)

        wall = interleaved(
            {name: partial(bare, name) for name in loops} | {name: partial(measured, name) for name in work},
            rounds=rounds,
        )
        idle = _in_a_process_of_its_own("nothing", users, here / "out").peak_mib
    rows = (
        ("bitmex", f"bitmex tree of {leaves:,} verified", "leaves", "sha256"),
        ("okx", f"okx-merkle-v2 tree of {leaves:,} verified", "leaves", "sha256"),
        ("commit", f"{count:,} users committed", "users", "blake3"),
    )
    figures: list[Figure] = []
    for name, title, unit, floor in rows:
        used, bare_used = statistics.median(cpu[name]), statistics.median(cpu[floor])
        figures += (
            figure(BENCH, title, unit=f"{unit}/s", value=wall[name], floor=wall[floor]),
            figure(BENCH, f"{title}, by CPU", unit=f"{unit}/CPU s", value=used, floor=bare_used),
        )
    return figures + [_memory(f"peak memory, {name}", max(peaks[name]), idle) for name in work]


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


def verify_tree(path: Path) -> None:
    with Crew() as crew:
        verdict = verdict_on(open_documents([path]), None, spread=crew.spread)
    assert verdict.valid, verdict.rejected


def _sha256_loop(nodes: int) -> None:
    for _ in range(nodes):  # a full tree has as many inner nodes as leaves, less one
        hashlib.sha256(_NODE_BYTES).digest()


def _blake3_loop(users: int) -> None:
    for _ in range(_BLAKE3_A_USER * users):
        blake3(_NODE_BYTES).digest()


def _memory(name: str, peak: float, bare: float) -> Figure:
    return figure(BENCH, name, unit="MiB", value=peak, floor=bare, goal=MEMORY_GOAL_MIB, better="lower")


def _in_a_process_of_its_own(name: str, path: Path, out: Path) -> Spent:
    """What the work takes, all its processes together (liabilities_child)."""
    command = [sys.executable, "-m", "scripts.benches.liabilities_child", name, str(path), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    return Spent(*map(float, done.stdout.split()))
