"""``python -m scripts.engines``: bring every engine that can be had here, and say in a line which cannot and why."""

from __future__ import annotations

from scripts.engines import EngineMissing, anvil, litecoind


def main() -> None:
    for engine in (anvil, litecoind):
        try:
            if engine.find() is None:
                print(f"engines: installing {engine.PACKAGE}", flush=True)
            engine.install()
        except EngineMissing as missing:
            print(f"engines: going on without: {missing}")


main()
