"""The unspent outputs of scripts at the tip of a node: one pass over its whole set (scantxoutset)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from chains.adapter import Rpc
from chains.errors import Malformed, NoMethod, RpcFault, Transport
from chains.types import BlockRef
from chains.utxo import blocks
from chains.utxo.watched import Coin, Outpoint, Watched, outpoint
from chains.utxo.wire import shape, units

REQUEST_BYTES_MAX = 24 * 1024 * 1024
"""Nodes drop a request body over 32 MiB. Smaller pieces only cost: every scan walks the whole set again."""
BUSY = "already in progress"


class _Unspent(msgspec.Struct, frozen=True):
    txid: str
    vout: int
    script: str = msgspec.field(name="scriptPubKey")
    amount: float
    height: int
    coinbase: bool | None = None


class _Verdict(msgspec.Struct, frozen=True):
    success: bool


class _Scan(msgspec.Struct, frozen=True):
    """``height``, ``bestblock``: what block it is of; nodes before Bitcoin Core 0.20 do not say."""

    unspents: list[_Unspent]
    total_amount: float
    height: int | None = None
    bestblock: str | None = None


async def offered(rpc: Rpc) -> bool:
    """Whether the node can scan at all; a scan that runs is not disturbed."""
    try:
        await rpc.call("scantxoutset", ["status"])
    except NoMethod:
        return False
    return True


def pieces(scripts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """As few, equally large parts as the node's limit on a request body allows; for most lists one."""
    size = sum(2 * len(script) + len('"raw()",') for script in scripts)
    count = -(-size // REQUEST_BYTES_MAX)
    length = -(-len(scripts) // count) if count else 1
    return (scripts[start : start + length] for start in range(0, len(scripts), length))


async def scan(rpc: Rpc, scripts: Sequence[bytes], decimals: int) -> Watched:
    """What distinct scripts hold now. Raises Transport while another scan runs or when it was aborted.

    A complete scan that finds no coin of a script proves zero.
    """
    descriptors = [f"raw({script.hex()})" for script in scripts]
    before = await _tip(rpc)
    try:
        answer = await rpc.call("scantxoutset", ["start", descriptors])
    except RpcFault as fault:
        if BUSY in fault.message:
            raise Transport(f"{rpc.provider} is busy with another scan") from None
        raise
    if not shape(_Verdict, answer, "scantxoutset").success:
        # An aborted scan answers with an empty list and a total of 0, and no error.
        raise Transport("the scan was aborted before it was complete")
    found = await asyncio.to_thread(shape, _Scan, answer, "scantxoutset")
    block, asked = await _block(rpc, found, before), frozenset(scripts)
    coins = await asyncio.to_thread(_coins, found, asked, block.height, decimals)
    return Watched(block.height, block.hash, asked, coins)


async def _tip(rpc: Rpc) -> BlockRef:
    return await blocks.at_tip_height(rpc, await blocks.final_height(rpc, 1))


async def _block(rpc: Rpc, found: _Scan, before: BlockRef) -> BlockRef:
    """What the scan is of. Where the node does not say, the tip it began at, if that is still the tip."""
    if found.height is not None and found.bestblock is not None:
        return BlockRef(found.height, found.bestblock)
    if await _tip(rpc) != before:
        raise Transport(f"{rpc.provider} does not say what block its scan was of, and its tip moved meanwhile")
    return before


def _coins(found: _Scan, asked: frozenset[bytes], height: int, decimals: int) -> dict[Outpoint, Coin]:
    coins: dict[Outpoint, Coin] = {}
    for unspent in found.unspents:
        try:
            place, script = outpoint(unspent.txid, unspent.vout), bytes.fromhex(unspent.script)
        except (ValueError, OverflowError):
            raise Malformed("scantxoutset: an output whose place or script cannot be read") from None
        if script not in asked:
            raise Malformed(f"scantxoutset: script {unspent.script} was not asked for")
        if place in coins or unspent.height > height:
            raise Malformed(f"scantxoutset: output {unspent.txid}:{unspent.vout} appears twice or above the tip")
        coins[place] = Coin(script, units(unspent.amount, decimals), unspent.height, unspent.coinbase)
    # The node's total is a JSON number: both sides round to the double nearest to it. Only compared, never kept.
    if sum(coin.amount for coin in coins.values()) / 10**decimals != found.total_amount:
        raise Malformed(f"scantxoutset: the outputs do not add up to its total of {found.total_amount}")
    return coins
