"""Is this answer about the pinned block? Asked of every answer, by what the code saw of the block it ran in."""

from __future__ import annotations

from chains.adapter import Rpc
from chains.errors import Malformed, Pruned, Reorged, Transport, WrongChain
from chains.evm.blocks import HASH, header
from chains.evm.packed import Context
from chains.evm.wire import quantity
from chains.types import BlockRef


class OtherBlock(Transport):
    """Answered about another block than the pinned one: a node that lags, or an endpoint that ignores the pin."""


async def expected(rpc: Rpc, block: BlockRef, *, chain: int) -> Context:
    """The context of ``block`` by its own header. Raises Reorged where the chain has another block there, Pruned where
    the node has none.
    """
    answer = await rpc.call("eth_getBlockByNumber", (hex(block.height), False))
    if answer is None:
        raise Pruned(0, f"the node has no block {block.height}")
    current = header(answer, height=block.height)
    if current.hash != block.hash:
        raise Reorged(f"block {block.height} was {block.hash} and is now {current.hash}")
    assert isinstance(answer, dict), "it has a header"
    parent, time = answer.get("parentHash"), quantity(answer.get("timestamp"))
    if not isinstance(parent, str) or not HASH.fullmatch(parent) or not isinstance(time, int):
        raise Malformed("the block has no valid parent hash")
    return Context(chain, block.height, time, bytes.fromhex(parent[2:]))


def check(seen: Context, wanted: Context, *, number_in_band: bool) -> None:
    """Raises WrongChain or OtherBlock.

    Where the NUMBER of the EVM is another chain's height (Arbitrum: that of Ethereum), neither it nor the hash before
    it can be compared; chain id and time still are.
    """
    if seen.chain != wanted.chain:
        raise WrongChain(f"code ran on chain {seen.chain}, not {wanted.chain}")
    if number_in_band and seen.number != wanted.number:
        raise OtherBlock(f"an answer about block {seen.number} instead of {wanted.number}")
    if seen.time != wanted.time or (number_in_band and seen.parent != wanted.parent):
        raise OtherBlock(f"an answer about another block {wanted.number}")
