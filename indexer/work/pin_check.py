"""Is the pinned block still there? Asked of every witness after the sweep: one of several cannot void it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError
from chains.types import BlockRef
from indexer.work.endpoints import Lanes
from indexer.work.fetcher import ask


@dataclass(frozen=True, slots=True)
class PinCheck:
    """``moved_to``: the block that all witnesses have in its place now. ``contested``: why that cannot be said.

    ``unasked`` are witnesses that did not answer, with their reasons. With none of the three the pin holds.
    """

    moved_to: BlockRef | None = None
    contested: str = ""
    unasked: tuple[str, ...] = ()


Answer = tuple[str, BlockRef | ChainError]
"""Who was asked, and what it has at the height of the pin."""


async def check_pin(block: BlockRef, adapter: ChainAdapter, lanes: Lanes) -> PinCheck:
    """Ask each lane for the block at the pinned height."""
    answers: list[Answer] = []
    for lane in lanes:
        try:
            endpoint, now = await ask(lane, adapter, partial(_at, adapter, block.height), at=block)
            answers.append((endpoint.spec.name, now))
        except ChainError as error:
            answers.append((lane[0].spec.name, error))
    return judge(block, answers)


def judge(block: BlockRef, answers: Sequence[Answer]) -> PinCheck:
    """Moved only where every witness answers, and alike. Pure."""
    found = [(name, now) for name, now in answers if isinstance(now, BlockRef)]
    unasked = tuple(f"{name}: {error}" for name, error in answers if isinstance(error, ChainError))
    others = {now.hash: now for _, now in found if now.hash != block.hash}
    if not others:
        return PinCheck(unasked=unasked)
    if len(others) == 1 and not unasked and all(now.hash != block.hash for _, now in found):
        return PinCheck(moved_to=next(iter(others.values())))
    said = ", ".join([*(f"{name} has {now.hash}" for name, now in found), *unasked])
    return PinCheck(contested=f"block {block.height} was pinned as {block.hash}; {said}", unasked=unasked)


async def _at(adapter: ChainAdapter, height: int, rpc: Rpc) -> BlockRef:
    return await adapter.block_at(rpc, height=height)
