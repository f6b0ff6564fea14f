"""One block for many answers, where a chain can only be asked about now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chains.errors import Transport
from chains.types import BlockRef

T = TypeVar("T")
ATTEMPTS_MAX = 5


async def steady(
    newest: Callable[[], Awaitable[BlockRef]],
    ask: Callable[[BlockRef], Awaitable[T | None]],
    *,
    not_before: BlockRef,
) -> tuple[BlockRef, T]:
    """What was answered while the newest block stayed the same, and that block, at or after ``not_before``.

    ``ask`` gives None where an answer states another block than it is given. Raises Transport when the provider is
    behind, or its chain never stands still for so long: then fewer keys should be asked at a time.
    """
    block = await newest()
    for _ in range(ATTEMPTS_MAX):
        if block.height < not_before.height:
            raise Transport(f"the provider is at {block.height}, behind {not_before.height}")
        found = await ask(block)
        after = await newest()
        if found is not None and after == block:
            return block, found
        block = after
    raise Transport(f"the chain moved on during each of {ATTEMPTS_MAX} readings, last at {block.height}")


async def reached(newest: Callable[[], Awaitable[BlockRef]], *, not_before: BlockRef) -> BlockRef:
    """The newest block, at or after another: for answers that are of it or of a later one. Raises Transport."""
    block = await newest()
    if block.height < not_before.height:
        raise Transport(f"the provider is at {block.height}, behind {not_before.height}")
    return block
