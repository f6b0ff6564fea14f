"""One irreversible block for many answers, where a node answers about its head only, which may still be dropped.

Everything is asked twice: at first, and again when a block not older than the first answers has become irreversible.
What was answered alike was held in that block. What moves in between is asked once more, and at last has no amount.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TypeVar

from chains.errors import RpcFault, Transport
from chains.types import BlockRef, Failure, Reason

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

ROUNDS_MAX = 5
POLLS_MAX = 600
POLL_S = 0.5


async def settled(
    ask: Callable[[], Awaitable[tuple[int, Mapping[K, T | Failure | RpcFault]]]],
    final: Callable[[], Awaitable[BlockRef]],
    *,
    not_before: BlockRef,
) -> tuple[BlockRef, dict[K, T | Failure | RpcFault]]:
    """What was held in an irreversible block, at or after ``not_before``.

    ``ask`` gives the answers, always of the same keys, and a height that none of them is newer than. Raises Transport
    when no block becomes irreversible.
    """
    head, found = await ask()
    if not found:
        return await until_final(final, not_before.height), {}
    for _ in range(ROUNDS_MAX):
        block = await until_final(final, max(head, not_before.height))
        before = found
        head, found = await ask()
        if all(_alike(before[key], found[key]) for key in found):
            break
    return block, {key: _both(before[key], found[key]) for key in found}


async def until_final(final: Callable[[], Awaitable[BlockRef]], height: int) -> BlockRef:
    """The first irreversible block at or after a height. Raises Transport when none comes."""
    block = await final()
    for _ in range(POLLS_MAX):
        if block.height >= height:
            return block
        await asyncio.sleep(POLL_S)
        block = await final()
    raise Transport(f"the last irreversible block is {block.height} still, below {height}")


def _alike(before: T | Failure | RpcFault, after: T | Failure | RpcFault) -> bool:
    return before == after or (_unsaid(before) and _unsaid(after))


def _both(before: T | Failure | RpcFault, after: T | Failure | RpcFault) -> T | Failure | RpcFault:
    if _alike(before, after) or _unsaid(after):
        return after
    return before if _unsaid(before) else Failure(Reason.REFUSED, f"it moved during each of {ROUNDS_MAX} readings")


def _unsaid(outcome: object) -> bool:
    return isinstance(outcome, Failure | RpcFault)
