"""Bench `utxo`: 300,000 scripts in a dump file of 10 million coins, the same in a real node's set, and addresses.

The floor of the compiled reader is a walk that only skips from coin to coin; of the node's set, its own scan.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.benches.measure import Figure, figure, interleaved
from scripts.benches.utxo_addresses import decoding
from scripts.benches.utxo_file import File, write
from scripts.benches.utxo_node import against_node

BENCH = "utxo"
COINS, SCRIPTS, PLAIN_COINS = 10_000_000, 300_000, 500_000
MAINNET_COINS = 175_000_000
GOAL_S, GOAL_MB = 60, 1_500
CORES = str(len(os.sched_getaffinity(0)))


def run(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        large = write(folder / "large.dat", coins=COINS, scripts=SCRIPTS)
        small = write(folder / "small.dat", coins=PLAIN_COINS, scripts=SCRIPTS)
        scripts = folder / "scripts.txt"
        scripts.write_text("\n".join(script.hex() for script in large.scripts))
        megabytes: dict[str, list[float]] = {}

        def rate(what: str, file: File) -> float:
            said = _child(what, file.path, scripts)
            megabytes.setdefault(what, []).append(said["peak_mb"])
            return file.coins / said["seconds"] / 1e6

        speed = interleaved(
            {
                "all": lambda: rate(CORES, large),
                "one": lambda: rate("1", large),
                "skip": lambda: rate("skip", large),
                "small": lambda: rate("1", small),
                "plain": lambda: rate("python", small),
            },
            rounds=rounds,
        )
        node = against_node(large.scripts, rounds=rounds)
    whole = MAINNET_COINS / 1e6 / speed["all"], MAINNET_COINS / 1e6 / speed["skip"]
    peak = max(megabytes[CORES])
    return [
        figure(
            BENCH, f"{SCRIPTS} scripts, file, one process", unit="Mcoins/s", value=speed["one"], floor=speed["skip"]
        ),
        figure(BENCH, f"the same, {CORES} processes", unit="Mcoins/s", value=speed["all"], floor=speed["skip"]),
        figure(BENCH, "compiled beside plain", unit="Mcoins/s", value=speed["small"], floor=speed["plain"]),
        figure(
            BENCH,
            f"{MAINNET_COINS // 10**6} M coins, extrapolated",
            unit="s",
            value=whole[0],
            floor=whole[1],
            goal=GOAL_S,
            better="lower",
        ),
        figure(
            BENCH,
            "peak memory, all processes",
            unit="MB",
            value=peak,
            floor=min(megabytes["skip"]),
            goal=GOAL_MB,
            better="lower",
        ),
        *node,
        *decoding(rounds),
    ]


def _child(what: str, path: Path, scripts: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benches.utxo_child", what, str(path), str(scripts)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the reading failed: {done.stderr.strip().splitlines()[-1]}")
    said: dict[str, float] = json.loads(done.stdout)
    return said
