"""Bench `ownership`: a list as long as the longest published one, every row's signatures checked, on every core.

Rows are mixed as published: 55 % EVM, 20 % TRON, 10 % 2-of-3, 5 % of the generic ECDSA kinds, 10 % ed25519. The floor
does the same operations by bare coincurve and pynacl calls in as many processes, and nothing else: what those are,
ownership_rows.py says.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from scripts.benches.measure import Figure, figure, interleaved, said_by
from scripts.benches.ownership_rows import HEADER, published

ROWS = 628_484
GOAL_RATIO, GOAL_MB = 0.85, 600
_MAIN = "import sys; from scripts.benches.ownership_child import main; main(sys.argv[1:])"


def run(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        path = Path(name) / "list.csv"
        _write(path)
        megabytes: dict[str, list[float]] = {"verify": [], "floor": []}
        per_cpu_s: dict[str, list[float]] = {"verify": [], "floor": []}

        def measured(what: str) -> float:
            said = said_by("-c", _MAIN, what, str(path), str(ROWS))
            megabytes[what].append(said["peak_mb"])
            per_cpu_s[what].append(ROWS / said["cpu_s"])
            return ROWS / said["seconds"]

        medians = interleaved({"verify": lambda: measured("verify"), "floor": lambda: measured("floor")}, rounds=rounds)
    return [
        figure(
            "ownership",
            f"{ROWS} mixed rows verified",
            unit="rows/s",
            value=medians["verify"],
            floor=medians["floor"],
        ),
        figure(
            "ownership",
            "the same by processor time, which other work on the machine does not change",
            unit="rows/cpu s",
            value=statistics.median(per_cpu_s["verify"]),
            floor=statistics.median(per_cpu_s["floor"]),
            goal=GOAL_RATIO,
            judged="ratio",
        ),
        figure(
            "ownership",
            "peak memory, all processes",
            unit="MB",
            value=max(megabytes["verify"]),
            floor=max(megabytes["floor"]),
            goal=GOAL_MB,
            better="lower",
        ),
    ]


def _write(path: Path) -> None:
    """The distinct rows over and over: nothing that is checked is remembered from one row to the next."""
    lines = published()
    with path.open("w") as file:
        file.write(HEADER + "\n")
        whole, rest = divmod(ROWS, len(lines))
        text = "\n".join(lines) + "\n"
        for _ in range(whole):
            file.write(text)
        file.write("\n".join(lines[:rest]) + "\n")
