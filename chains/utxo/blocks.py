"""Which block: final, at a height, at a time, and whether a pinned one still stands.

A block's own time may lie before its parent's. So ``BlockRef.time`` is the median time past (BIP-113), which never
falls from one block to the next, and a block is found by that time.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from chains.adapter import Rpc
from chains.errors import NotFinal, Pruned, Reorged, RpcFault, Transport
from chains.types import BlockRef
from chains.utxo.wire import shape

OUT_OF_RANGE = -8  # RPC_INVALID_PARAMETER: getblockhash above the tip


class _Header(msgspec.Struct, frozen=True):
    hash: str
    height: int
    mediantime: int


async def hash_at(rpc: Rpc, height: int) -> str:
    """Hash of the block at a height of the node's best chain. Raises RpcFault(-8) above its tip."""
    return shape(str, await rpc.call("getblockhash", [height]), "getblockhash")


async def at_tip_height(rpc: Rpc, height: int) -> BlockRef:
    """The block at a height, final or not."""
    block_hash = await hash_at(rpc, height)
    header = shape(_Header, await rpc.call("getblockheader", [block_hash]), "getblockheader")
    if (header.hash, header.height) != (block_hash, height):
        raise Transport(f"{rpc.provider} answered about another block than height {height}")
    return BlockRef(height, block_hash, datetime.fromtimestamp(header.mediantime, UTC))


async def final_height(rpc: Rpc, confirmations: int) -> int:
    """The greatest height with so many confirmations; the tip has one. Raises NotFinal on a chain too short."""
    tip = shape(int, await rpc.call("getblockcount"), "getblockcount")
    if tip < confirmations - 1:
        raise NotFinal(f"{rpc.provider} has {tip + 1} blocks; a final one has {confirmations} confirmations")
    return tip - (confirmations - 1)


async def at_height(rpc: Rpc, height: int, confirmations: int) -> BlockRef:
    """The final block at a height. Raises NotFinal."""
    final = await final_height(rpc, confirmations)
    if height > final:
        raise NotFinal(f"height {height} is beyond the final block {final} of {rpc.provider}")
    return await at_tip_height(rpc, height)


async def at_time(rpc: Rpc, time: datetime, confirmations: int) -> BlockRef:
    """The last block whose median time past is not after ``time``.

    Raises NotFinal while a block that is not final yet could still be that one, Pruned before the first block.
    """
    final = await at_tip_height(rpc, await final_height(rpc, confirmations))
    if _time(final) <= time:
        following = await _following(rpc, final)
        if following is None or _time(following) <= time:
            raise NotFinal(f"{time.isoformat()} is not decided by the final block {final.height} of {rpc.provider}")
        return final
    found = await at_tip_height(rpc, 0)
    if _time(found) > time:
        raise Pruned(0, f"the chain began at {_time(found).isoformat()}, after {time.isoformat()}")
    after = final.height
    while found.height + 1 < after:
        middle = await at_tip_height(rpc, (found.height + after) // 2)
        if _time(middle) <= time:
            found = middle
        else:
            after = middle.height
    return found


async def require(rpc: Rpc, block: BlockRef) -> None:
    """Raises Reorged unless the node's best chain contains this very block; Transport where it ends below."""
    try:
        now = await hash_at(rpc, block.height)
    except RpcFault as fault:
        if fault.code != OUT_OF_RANGE:
            raise
        raise Transport(f"{rpc.provider} does not reach height {block.height} (yet, or again)") from None
    if now != block.hash:
        raise Reorged(f"block {block.height} was {block.hash}, is {now}")


async def _following(rpc: Rpc, block: BlockRef) -> BlockRef | None:
    try:
        return await at_tip_height(rpc, block.height + 1)
    except RpcFault as fault:
        if fault.code != OUT_OF_RANGE:
            raise
        return None


def _time(block: BlockRef) -> datetime:
    assert block.time is not None, "every header has a median time"
    return block.time
