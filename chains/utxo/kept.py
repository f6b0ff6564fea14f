"""Sets of watched outputs in a family's memory: the newest one, and a walk from the first block that is under way."""

from __future__ import annotations

import asyncio

from chains.adapter import Memory
from chains.utxo.watched import Watched, pack, unpack

NEWEST = "utxo"
WALK = "utxo-walk"


async def load(memory: Memory, name: str = NEWEST) -> Watched | None:
    """None where nothing is kept, or nothing that this version can read."""
    kept = await memory.load(name)
    return None if kept is None else await asyncio.to_thread(unpack, kept)


async def save(memory: Memory, watched: Watched, name: str = NEWEST) -> None:
    await memory.save(name, await asyncio.to_thread(pack, watched))
