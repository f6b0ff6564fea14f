"""The set of watched outputs in a family's memory, so that the next reading goes on from it."""

from __future__ import annotations

import asyncio

from chains.adapter import Memory
from chains.utxo.watched import Watched, pack, unpack

NAME = "utxo"


async def load(memory: Memory) -> Watched | None:
    """None where nothing is kept, or nothing that this version can read."""
    kept = await memory.load(NAME)
    return None if kept is None else await asyncio.to_thread(unpack, kept)


async def save(memory: Memory, watched: Watched) -> None:
    await memory.save(NAME, await asyncio.to_thread(pack, watched))
