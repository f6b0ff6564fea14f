"""Pins of chains that can only be read now: which block, why it is not the one wanted, and since which height transfers
have to be followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chains.adapter import ChainAdapter, Reconciling
from chains.errors import ChainError, NotFinal
from indexer.model.run import Pin
from indexer.work.endpoints import Endpoint, Lanes
from indexer.work.fetcher import LaneFailed, ask


async def pin_now(empty: Pin, adapter: ChainAdapter, lanes: Lanes, as_of: datetime | None) -> Pin:
    """The newest final block. Raises ChainError, LaneFailed."""
    _, block = await ask(lanes[0], adapter, adapter.final_block)
    claimed = empty.height_claimed
    if claimed is None and as_of is None:
        return replace(empty, block=block, live=True)
    if claimed is not None:
        return replace(empty, block=block, problem=_late(f"claimed at {claimed}", claimed, block.height))
    assert as_of is not None
    wanted = f"wanted as of {as_of.isoformat()}"
    if block.time is not None and block.time < as_of:
        return replace(empty, block=block, problem=_still_to_come(wanted, block.height))
    problem = f"{wanted}, but this chain can only be read now (at {block.height})"
    if not isinstance(adapter, Reconciling):
        return replace(empty, block=block, problem=problem)
    found = await _height_at(adapter, lanes, as_of)
    if isinstance(found, str):
        return replace(empty, block=block, problem=f"{problem}; the height of that time is not known: {found}")
    return replace(empty, block=block, problem=f"{problem}; that was height {found}", height_wanted=found)


def _late(said: str, wanted: int, height: int) -> str:
    """'' for the very block that is wanted."""
    if wanted == height:
        return ""
    if wanted > height:
        return _still_to_come(said, height)
    return f"{said}, but this chain can only be read now (at {height})"


def _still_to_come(said: str, height: int) -> str:
    return f"{said}, which was still to come: read before it (at {height})"


async def _height_at(adapter: ChainAdapter, lanes: Lanes, time: datetime) -> int | str:
    """What every lane says alike, or why one refuses to say it. Raises ChainError."""
    heights: set[int] = set()
    for lane in lanes:
        try:
            heights.add(await _ask(lane, adapter, time))
        except LaneFailed as failed:
            if not failed.is_refusal:
                raise
            return str(failed)
    if len(heights) > 1:
        raise ChainError(f"providers disagree on the height at {time.isoformat()}: {sorted(heights)}")
    return heights.pop()


async def _ask(lane: Sequence[Endpoint], adapter: ChainAdapter, time: datetime) -> int:
    assert isinstance(adapter, Reconciling)
    try:
        _, height = await ask(lane, adapter, lambda rpc: adapter.height_at(rpc, time))
    except NotFinal as error:
        raise LaneFailed([(lane[0].spec.name, error)]) from None
    return height
