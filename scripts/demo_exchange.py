"""The demo: an example exchange on real local engines, audited by the real command, with faults planted in it.

Everything happens in a directory of its own. The exchange publishes an OKX-style list and a statement of liabilities;
`assay audit` must find exactly what was planted, and this script says whether it did.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import orjson

from indexer.store.embedded import until_stopped
from scripts.engines import EngineMissing
from scripts.example import book, chains, networks, ton, tron
from scripts.example.book import Book

ASSAY = (sys.executable, "-m", "indexer.cli")


class BringUp(Protocol):
    """One of the exchange's chains. Raises EngineMissing."""

    __name__: str

    async def __call__(self, stack: AsyncExitStack, book: Book, /) -> None: ...


FEW: Sequence[BringUp] = (chains.ethereum, chains.litecoin, chains.solana, tron.tron)
MANY: Sequence[BringUp] = (networks.ethereum, *FEW[1:], ton.ton, networks.evm_networks)


async def main(bring_up: Sequence[BringUp], keep: Path | None = None) -> int:
    """Returns the exit code; with ``keep`` the report's files are left in that directory."""
    with tempfile.TemporaryDirectory(prefix="assay-demo-") as name:
        home = Path(name)
        home.chmod(0o755)  # the embedded server runs unprivileged when we are root
        async with AsyncExitStack() as stack:
            exchange = Book()
            for one in bring_up:
                try:
                    await one(stack, exchange)
                except EngineMissing as missing:
                    print(f"demo: without {one.__name__}: {missing}")
            exchange.write(home)
            code = await _assay(home, "audit", str(home / book.LIST), *_audit_options(home))
            report = orjson.loads((home / "report" / "report.json").read_bytes())
            if keep is not None:
                shutil.copytree(home / "report", keep, dirs_exist_ok=True)
        await until_stopped(home / "data")
        wrong = exchange.check(report, exit_code=code)
    for line in wrong:
        print(f"demo: NOT AS PLANTED: {line}")
    if not wrong:
        print("demo: the audit found exactly what was planted:")
        for planted in exchange.planted:
            print(f"demo:   {planted}")
    return 1 if wrong else 0


def _audit_options(home: Path) -> tuple[str, ...]:
    return (
        "--exchange",
        "Example Exchange",
        "--liabilities",
        str(home / book.LIABILITIES),
        "--out",
        str(home / "report"),
    )


async def _assay(home: Path, *words: str) -> int:
    """Run the command as a person would, with nothing but this demo's configuration."""
    print("demo: assay " + " ".join(words).replace(str(home), "."), flush=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")}
    env |= {
        "ASSAY_CONFIG": str(home / "config"),
        "ASSAY_PROVIDERS": str(home / "providers.toml"),
        "ASSAY_DATA_DIR": str(home / "data"),
    }
    process = await asyncio.create_subprocess_exec(*ASSAY, *words, env=env)
    return await process.wait()


if __name__ == "__main__":
    words = sys.argv[1:]
    many = words[:1] == ["networks"]
    folders = [Path(word) for word in words[many:]]
    sys.exit(asyncio.run(main(MANY if many else FEW, *folders)))
