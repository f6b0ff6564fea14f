"""Programs for node that say on which loopback port they listen; ended by their own pid."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from scripts.engines import EngineMissing

START_S = 60
_LISTENING = re.compile(r"listening on (http://[^ ]+)")
_ERROR = re.compile(r"^\w*Error\b")


@contextlib.asynccontextmanager
async def running(
    program: Path, *words: str | Path, name: str, folder: Path, env: Mapping[str, str] = {}
) -> AsyncIterator[str]:
    """Where it listens, on a port of its own choice. Raises EngineMissing, which calls it ``name``."""
    node = shutil.which("node")
    if node is None:
        raise EngineMissing(f"{name} is installed, but there is no node to run it")
    process = await asyncio.create_subprocess_exec(
        node,
        program,
        *words,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield await _listening(process, name)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, name: str) -> str:
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(START_S):
            async for line in process.stdout:
                said.append(line.decode(errors="replace").strip())
                if found := _LISTENING.search(said[-1]):
                    return found[1]
    except TimeoutError:
        raise EngineMissing(f"{name} did not listen within {START_S} seconds: {why(said)}") from None
    raise EngineMissing(f"{name} ended before it listened: {why(said)}")


def why(said: Sequence[str]) -> str:
    """The line that names the error: node's own last words are its version."""
    named = [line for line in said if _ERROR.search(line)]
    return next(iter(named or [line for line in reversed(said) if line]), "it said nothing")
