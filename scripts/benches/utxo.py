"""Bench `utxo`: 300,000 scripts in a dump file of 10 million coins, the same in a real node's set, and addresses.

The floor of the compiled reader is a walk that only skips from coin to coin; of the node's set, its own scan.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from functools import partial
from pathlib import Path

from scripts.benches.measure import Figure, figure, interleaved, said_by
from scripts.benches.utxo_addresses import decoding
from scripts.benches.utxo_file import File, write
from scripts.benches.utxo_node import against_node

BENCH = "utxo"
LARGE, SMALL, SCRIPTS = 10_000_000, 2_000_000, 300_000
MAINNET_COINS = 175_000_000
GOAL_S, GOAL_MB = 60, 1_500
CORES = str(len(os.sched_getaffinity(0)))


def run(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        large = write(folder / "large.dat", coins=LARGE, scripts=SCRIPTS)
        small = write(folder / "small.dat", coins=SMALL, scripts=SCRIPTS)
        scripts = folder / "scripts.txt"
        scripts.write_text("\n".join(script.hex() for script in large.scripts))
        said: dict[str, list[dict[str, float]]] = {}

        def pace(what: str, file: File) -> float:
            said.setdefault(what, []).append(_child(what, file.path, scripts))
            return said[what][-1]["coins_per_s"] / 1e6

        pace("1", small)  # compiles, where that was not done yet
        subjects = {CORES: large, "1": large, "skip": large, "python": small}
        speed = interleaved({what: partial(pace, what, file) for what, file in subjects.items()}, rounds=rounds)
        node = against_node(large.scripts, rounds=rounds)
    each_cpu = {what: statistics.median(each["coins_per_cpu_s"] / 1e6 for each in said[what]) for what in ("1", "skip")}
    start = statistics.median(each["start_s"] for each in said[CORES])
    return [
        _rate(f"{SCRIPTS} scripts in a file, one process (floor: skip only)", speed["1"], speed["skip"]),
        _rate(f"the same, {CORES} processes", speed[CORES], speed["skip"]),
        figure(
            BENCH,
            "one process, by its own CPU (where others keep the machine busy)",
            unit="Mcoins/CPU s",
            value=each_cpu["1"],
            floor=each_cpu["skip"],
        ),
        _rate("one process, compiled (floor: plain Python)", speed["1"], speed["python"]),
        figure(BENCH, f"{CORES} processes: start", unit="s", value=start, floor=LARGE / 1e6 / speed["skip"]),
        figure(
            BENCH,
            f"{MAINNET_COINS // 10**6} M coins, EXTRAPOLATED from {LARGE // 10**6} M",
            unit="s",
            value=start + MAINNET_COINS / 1e6 / speed[CORES],
            floor=MAINNET_COINS / 1e6 / speed["skip"],
            goal=GOAL_S,
            better="lower",
        ),
        figure(
            BENCH,
            "peak memory, all processes (floor: the file itself)",
            unit="MB",
            value=max(each["peak_mb"] for each in said[CORES]),
            floor=min(each["peak_mb"] for each in said["skip"]),
            goal=GOAL_MB,
            better="lower",
        ),
        *node,
        *decoding(rounds),
    ]


def _rate(name: str, value: float, floor: float) -> Figure:
    return figure(BENCH, name, unit="Mcoins/s", value=value, floor=floor)


def _child(what: str, path: Path, scripts: Path) -> dict[str, float]:
    return said_by("-m", "scripts.benches.utxo_child", what, str(path), str(scripts))
