"""``scripts/bench [NAME...] [--json]``: run benches, print each figure beside its floor."""

from __future__ import annotations

import sys
from collections.abc import Callable

import cyclopts
import msgspec
from rich.console import Console
from rich.table import Table

from scripts.benches import copy_readings, evm, import_list, liabilities, ownership, pipeline, stark, utxo
from scripts.benches.measure import Figure

BENCHES: dict[str, Callable[[int], list[Figure]]] = {
    "import": import_list.run,
    "copy": copy_readings.run,
    "evm": evm.run,
    "liabilities": liabilities.run,
    "ownership": ownership.run,
    "pipeline": pipeline.run,
    "stark": stark.run,
    "utxo": utxo.run,
}

LARGE: dict[str, Callable[[int], list[Figure]]] = {"liabilities": liabilities.run_large, "stark": stark.run_large}
"""What runs instead with --large: minutes, and gigabytes of disk."""

app = cyclopts.App(help="Measure, always beside a floor of the same run. Benches: " + ", ".join(BENCHES))


@app.default
def main(*names: str, json: bool = False, rounds: int = 5, large: bool = False) -> int:
    """Run the named benches, or all of them; exit code 1 where a goal was missed.

    Parameters
    ----------
    large
        The full size where a bench has one: liabilities commits, and stark proves, 10,000,000 users.
    """
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no such bench: {', '.join(unknown)} (there are: {', '.join(BENCHES)})", file=sys.stderr)
        return 2
    benches = BENCHES | (LARGE if large else {})
    figures = [figure for name in names or BENCHES for figure in benches[name](rounds)]
    if json:
        print(msgspec.json.format(msgspec.json.encode(figures)).decode())
    else:
        Console(width=160).print(_table(figures))
    return int(any(figure.met is False for figure in figures))


def _table(figures: list[Figure]) -> Table:
    table = Table("bench", "figure", "value", "floor", "ratio", "goal", "met", "unit", box=None)
    for each in figures:
        met = "" if each.met is None else ("yes" if each.met else "NO")
        goal = "" if each.goal is None else f"{each.goal:g}"
        table.add_row(
            each.bench,
            each.figure,
            f"{each.value:,.6g}",
            f"{each.floor:,.6g}",
            f"{each.ratio:.3g}",
            goal,
            met,
            each.unit,
        )
    return table


if __name__ == "__main__":
    sys.exit(app())
