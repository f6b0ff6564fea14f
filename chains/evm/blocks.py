"""Which block: the chain's rule of finality, and from a height or a time to a header."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chains.adapter import Json, Rpc
from chains.errors import Malformed, NotFinal, Pruned, Reorged
from chains.evm.options import Options
from chains.evm.wire import quantity
from chains.types import BlockRef

HASH = re.compile(r"0x[0-9a-f]{64}")


def header(answer: Json, *, height: int | None = None) -> BlockRef:
    """A block object of the node, checked against the height that was asked. Raises Malformed."""
    if not isinstance(answer, dict):
        raise Malformed("the block is not an object")
    number, seconds, digest = quantity(answer.get("number")), quantity(answer.get("timestamp")), answer.get("hash")
    if not isinstance(number, int) or not isinstance(seconds, int):
        raise Malformed("the block has no valid number and timestamp")
    if not isinstance(digest, str) or not HASH.fullmatch(digest):
        raise Malformed("the block has no valid hash")
    if height is not None and number != height:
        raise Malformed(f"asked for block {height}, got {number}")
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"block {number} has an impossible timestamp") from None
    return BlockRef(number, digest, time)


async def at_height(rpc: Rpc, height: int) -> BlockRef:
    """The canonical block at a height. Raises Pruned where the node has none."""
    answer = await rpc.call("eth_getBlockByNumber", (hex(height), False))
    if answer is None:
        raise Pruned(0, f"the node has no block {height}")
    return header(answer, height=height)


async def final(rpc: Rpc, options: Options) -> BlockRef:
    """The newest final block by the chain's rule. Raises NotFinal on a chain too young to have one."""
    tag = "latest" if options.finality == "depth" else options.finality
    answer = await rpc.call("eth_getBlockByNumber", (tag, False))
    if answer is None:
        raise NotFinal(f"the node names no {tag} block yet")
    block = header(answer)
    if options.depth is None:
        return block
    if block.height < options.depth:
        raise NotFinal(f"the head {block.height} is less than {options.depth} blocks deep")
    return await at_height(rpc, block.height - options.depth)


async def confirm(rpc: Rpc, block: BlockRef) -> None:
    """Raises Reorged unless the chain still has ``block`` at its height, Pruned where the node has none there."""
    current = await at_height(rpc, block.height)
    if current.hash != block.hash:
        raise Reorged(f"block {block.height} was {block.hash} and is now {current.hash}")
