"""``python -m scripts.engines [all]``: bring the demo's engines, or those of every test, where they can be had.

Says in a line which cannot, and why.
"""

from __future__ import annotations

import sys

from scripts.engines import EngineMissing, anvil, chopsticks, litecoind, ton

DEMO = (anvil, litecoind)
ALL = (*DEMO, chopsticks, ton)


def main() -> None:
    for engine in ALL if sys.argv[1:] == ["all"] else DEMO:
        try:
            if engine.find() is None:
                print(f"engines: installing {engine.PACKAGE}", flush=True)
            engine.install()
        except EngineMissing as missing:
            print(f"engines: going on without: {missing}")


main()
