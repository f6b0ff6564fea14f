"""ElectrumX: a real indexer beside a real node, in an environment of its own, for its libraries are not ours.

Installed from PyPI (as e-x, Electrum's own line of it) into .cache/engines/electrumx by the first test that wants it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from scripts.engines import EngineMissing
from scripts.engines.litecoind import Litecoind, free_port

PACKAGE = "e-x[leveldb]==2.0.0"
HOME = Path(__file__).resolve().parents[2] / ".cache" / "engines" / "electrumx"
INSTALL_S, START_S = 120, 60


def install() -> Path:
    """The folder of its programs. Raises EngineMissing."""
    programs = HOME / "bin"
    if (programs / "electrumx_server").is_file():
        return programs
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", HOME],
        [programs / "python", "-m", "pip", "install", "--quiet", "--retries", "1", "--only-binary", "plyvel", PACKAGE],
    ]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineMissing(f"ElectrumX cannot be installed: {type(error).__name__}") from None
        if done.returncode:
            shutil.rmtree(HOME, ignore_errors=True)
            raise EngineMissing("ElectrumX cannot be installed from PyPI here")
    return programs


@contextlib.asynccontextmanager
async def serving(node: Litecoind) -> AsyncIterator[str]:
    """An ElectrumX that has indexed the node's chain; yields its tcp:// URL. Raises EngineMissing."""
    programs = await asyncio.to_thread(install)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="assay-electrumx-") as folder:
        settings = {
            "COIN": "Litecoin",
            "NET": "regtest",
            "DAEMON_URL": node.url,
            "DB_DIRECTORY": folder,
            "DB_ENGINE": "leveldb",
            "SERVICES": f"tcp://127.0.0.1:{port}",
            "COST_SOFT_LIMIT": "0",
            "COST_HARD_LIMIT": "0",
            "PEER_DISCOVERY": "",
            "PEER_ANNOUNCE": "",
            "ALLOW_ROOT": "1",
            "PATH": os.environ.get("PATH", ""),
        }
        with Path(folder, "log.txt").open("w+b") as log:
            process = await asyncio.create_subprocess_exec(
                programs / "python", programs / "electrumx_server", stdout=log, stderr=log, env=settings
            )
            try:
                await _ready(process, port, Path(folder, "log.txt"))
                yield f"tcp://127.0.0.1:{port}"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # its folder goes with it
                await process.wait()


async def _ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """It listens only when it has caught up."""
    try:
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise EngineMissing(f"ElectrumX does not answer within {START_S} s") from None
    said = log.read_text(errors="replace").strip().splitlines()
    raise EngineMissing(f"ElectrumX ended before it answered: {said[-1] if said else 'no message'}")
