"""From an earlier set of watched outputs up to a pinned block, by the blocks in between as the network sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from chains.adapter import Json, Rpc
from chains.errors import Malformed, NoMethod, Pruned, Reorged, RpcFault
from chains.types import BlockRef
from chains.utxo.params import Coin as Params
from chains.utxo.raw import RawBlock, header_size, name, parse
from chains.utxo.watched import Watched
from chains.utxo.wire import granted, shape, unhex

BATCH = 8
"""Blocks asked for at once: an answer of 4 MB each must fit the cap on a body."""
BLOCK_PRUNED = -1
Moved = Callable[[], Awaitable[None]]
"""Awaited between two blocks."""


class Fetched(NamedTuple):
    hash: str
    raw: bytes
    header: int


async def forward(rpc: Rpc, watched: Watched, to: BlockRef, coin: Params, moved: Moved) -> None:
    """Moves ``watched`` up. Raises Reorged where the chain does not lead from its block to ``to``; Pruned, Malformed.

    Each block must name the one before it, so neither a reorganisation nor a gap can slip in.
    """
    ahead = _ahead(rpc, watched.height + 1, to.height, coin)
    try:
        while ahead is not None:
            batch = await ahead
            ahead = _ahead(rpc, watched.height + 1 + len(batch), to.height, coin)
            await asyncio.to_thread(_connect, watched, batch, coin)
            await moved()
    finally:
        if ahead is not None:
            ahead.cancel()
    if watched.hash != to.hash:
        raise Reorged(f"block {to.height} was {to.hash}, is {watched.hash}")


def _ahead(rpc: Rpc, first: int, last: int, coin: Params) -> asyncio.Task[list[Fetched]] | None:
    """The next few blocks, on their way while the ones before them are read."""
    heights = range(first, min(first + BATCH, last + 1))
    return asyncio.create_task(fetch(rpc, heights, coin)) if heights else None


async def fetch(rpc: Rpc, heights: Sequence[int], coin: Params) -> list[Fetched]:
    """The blocks of the best chain at these heights. Raises ChainError."""
    hashes = [
        shape(str, _there(answer), "getblockhash")
        for answer in await rpc.batch([("getblockhash", (height,)) for height in heights])
    ]
    return await _fetch(rpc, hashes, coin)


async def fetch_one(rpc: Rpc, block_hash: str, coin: Params) -> Fetched:
    """The block of this hash, on the best chain or not. Raises ChainError."""
    (fetched,) = await _fetch(rpc, [block_hash], coin)
    return fetched


async def _fetch(rpc: Rpc, hashes: Sequence[str], coin: Params) -> list[Fetched]:
    raws = await rpc.batch([("getblock", (block_hash, 0)) for block_hash in hashes])
    headers: Sequence[Json | RpcFault] = [None] * len(hashes)
    if coin.header == "stated":
        headers = await rpc.batch([("getblockheader", (block_hash, False)) for block_hash in hashes])
    return [_fetched(*parts, coin) for parts in zip(hashes, raws, headers, strict=True)]


def _fetched(block_hash: str, raw: Json | RpcFault, header: Json | RpcFault, coin: Params) -> Fetched:
    block = unhex(_there(raw), "getblock")
    if header is None:
        return Fetched(block_hash, block, header_size(block, coin.form))
    stated = unhex(_there(header), "getblockheader")
    if not stated or not block.startswith(stated):
        raise Malformed(f"getblockheader: the header of {block_hash} does not begin its block")
    return Fetched(block_hash, block, len(stated))


def read(block: Fetched, coin: Params) -> RawBlock:
    """Raises Malformed, also for another block than the one of this hash, where the coin's hash can be computed."""
    named = name(block.raw[: block.header], tailed_since=coin.tailed_since)
    if coin.header_hash == "sha256d" and named != block.hash:
        raise Malformed(f"getblock: not the block {block.hash}")
    return parse(block.raw, coin.form, header=block.header)


def _connect(watched: Watched, batch: Sequence[Fetched], coin: Params) -> None:
    for fetched in batch:
        block = read(fetched, coin)
        if block.previous != watched.hash:
            raise Reorged(f"block {watched.height} was {watched.hash}, is {block.previous}")
        watched.connect(fetched.hash, block.transactions)


def _there(answer: Json | RpcFault) -> Json:
    if isinstance(answer, RpcFault) and answer.code == BLOCK_PRUNED and not isinstance(answer, NoMethod):
        raise Pruned(answer.code, f"every block up to the pinned height is needed whole: {answer.message}")
    return granted(answer)
