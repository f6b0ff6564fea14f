"""The demo itself: the README's first command must find exactly what it planted."""

from __future__ import annotations

import asyncio
import sys

import pytest


@pytest.mark.timeout(180)
async def test_the_demo_finds_what_it_planted() -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scripts.demo_exchange", stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert "found exactly what was planted" in out.decode()
