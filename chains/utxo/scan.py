"""What scripts hold at the tip of a node: one pass over its set of unspent outputs (scantxoutset)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from chains.adapter import Json, Rpc
from chains.errors import Malformed, RpcFault, Transport
from chains.types import BlockRef
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


class _Verdict(msgspec.Struct, frozen=True):
    success: bool


class _Scan(msgspec.Struct, frozen=True):
    height: int
    bestblock: str
    unspents: list[_Unspent]
    total_amount: float


@dataclass(frozen=True, slots=True)
class Holdings:
    """Base units per scriptPubKey (hex) after the block ``tip``. Scripts that hold nothing are left out.

    A complete scan that finds no coin of a script proves zero. Coinbase outputs count as soon as they exist, mature
    or not.
    """

    tip: BlockRef
    amounts: Mapping[str, int]


def pieces(scripts: Sequence[str]) -> Iterator[Sequence[str]]:
    """As few, equally large parts as the node's limit on a request body allows; for most lists one."""
    size = sum(len(script) + len('"raw()",') for script in scripts)
    count = -(-size // REQUEST_BYTES_MAX)
    length = -(-len(scripts) // count) if count else 1
    return (scripts[start : start + length] for start in range(0, len(scripts), length))


async def scan(rpc: Rpc, scripts: Sequence[str], decimals: int) -> Holdings:
    """What distinct scripts (hex) hold now. Raises Transport while another scan runs or when it was aborted."""
    descriptors = [f"raw({script})" for script in scripts]
    try:
        answer = await rpc.call("scantxoutset", ["start", descriptors])
    except RpcFault as fault:
        if BUSY in fault.message:
            raise Transport(f"{rpc.provider} is busy with another scan") from None
        raise
    return await asyncio.to_thread(_read, answer, frozenset(scripts), decimals)


def _read(answer: Json, asked: frozenset[str], decimals: int) -> Holdings:
    if not shape(_Verdict, answer, "scantxoutset").success:
        # An aborted scan answers with an empty list and a total of 0, and no error.
        raise Transport("the scan was aborted before it was complete")
    found = shape(_Scan, answer, "scantxoutset")
    amounts: dict[str, int] = {}
    outpoints: set[tuple[str, int]] = set()
    for coin in found.unspents:
        if coin.script not in asked:
            raise Malformed(f"scantxoutset: script {coin.script} was not asked for")
        if (coin.txid, coin.vout) in outpoints or coin.height > found.height:
            raise Malformed(f"scantxoutset: output {coin.txid}:{coin.vout} appears twice or above the tip")
        outpoints.add((coin.txid, coin.vout))
        amounts[coin.script] = amounts.get(coin.script, 0) + units(coin.amount, decimals)
    if sum(amounts.values()) / 10**decimals != found.total_amount:
        raise Malformed(f"scantxoutset: the outputs do not add up to its total of {found.total_amount}")
    return Holdings(BlockRef(found.height, found.bestblock), amounts)
