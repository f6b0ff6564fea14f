"""Transfers of TRC-20 tokens, from the event logs of the node's JSON-RPC (``eth_getLogs``), which do know heights.

Limits of a node: ``node.jsonrpc.maxBlockRange`` (5,000 by default) and 10,000 logs an answer; a range that is refused
is asked in halves. Source: documentation-en/api/json-rpc (errors -32602 "exceed max block range", -32005). A token that
changes balances without a Transfer event (an issue, a seizure) shows as a residue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from chains.adapter import Json, Rpc
from chains.errors import Malformed, RpcFault, Transport
from chains.tron.address import raw

RANGE_MAX = 5_000
ADDRESSES_MAX = 500
_TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_FROM, _TO = 1, 2
_WORD_DIGITS = 66


async def changes(rpc: Rpc, token: str, holders: Sequence[str], *, since: int, until: int) -> list[int]:
    """The net change of each holder's balance in (since, until] by its Transfer events. Raises ChainError."""
    await _check_reached(rpc, until)
    sums: Counter[str] = Counter()
    for start in range(0, len(holders), ADDRESSES_MAX):
        topics = [_topic(holder) for holder in holders[start : start + ADDRESSES_MAX]]
        for place, sign in ((_FROM, -1), (_TO, 1)):
            question = _Question(token, place, topics)
            for first in range(since + 1, until + 1, RANGE_MAX):
                blocks = range(first, min(first + RANGE_MAX, until + 1))
                for holder, amount in await _transfers(rpc, question, blocks):
                    sums[holder] += sign * amount
    return [sums[_topic(holder)] for holder in holders]


async def _check_reached(rpc: Rpc, until: int) -> None:
    """A node asked for logs beyond its newest block leaves them out without a word."""
    match await _ask(rpc, "eth_blockNumber", []):
        case {"result": str(number)}:
            with suppress(ValueError):
                if int(number, 16) >= until:
                    return
                raise Transport(f"{rpc.provider} is at block {int(number, 16)}, behind {until}")
        case {"error": {**error}}:
            raise _refused(rpc, error)
    raise Malformed(f"{rpc.provider}: eth_blockNumber: no block number")


def _refused(rpc: Rpc, error: Mapping[object, object]) -> RpcFault:
    code = error.get("code")
    return RpcFault(code if isinstance(code, int) else 0, f"{rpc.provider}: {error.get('message')}"[:300])


async def _ask(rpc: Rpc, method: str, params: Sequence[object]) -> Json:
    return await rpc.call("POST jsonrpc", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


class _Question(NamedTuple):
    """``topics`` are of the holders, ``place`` says on which side of the transfer they stand."""

    token: str
    place: int
    topics: Sequence[str]


async def _transfers(rpc: Rpc, question: _Question, blocks: range) -> list[tuple[str, int]]:
    """(topic of the holder, amount) of every transfer in these blocks."""
    wanted: list[object] = [_TRANSFER, None, None]
    wanted[question.place] = question.topics
    how = {
        "address": "0x" + raw(question.token).hex(),
        "topics": wanted[: question.place + 1],
        "fromBlock": hex(blocks[0]),
        "toBlock": hex(blocks[-1]),
    }
    match await _ask(rpc, "eth_getLogs", [how]):
        case {"result": [*logs]}:
            return [_transfer(log, question, blocks) for log in logs]
        case {"error": {**error}}:
            if len(blocks) == 1:
                raise _refused(rpc, error)
            middle = len(blocks) // 2
            return [
                *await _transfers(rpc, question, blocks[:middle]),
                *await _transfers(rpc, question, blocks[middle:]),
            ]
    raise Malformed(f"{rpc.provider}: eth_getLogs: neither logs nor an error")


def _transfer(log: object, question: _Question, blocks: range) -> tuple[str, int]:
    """One event, if it is one that was asked for."""
    match log:
        case {
            "address": str(address),
            "topics": [str(kind), str(sender), str(to)],
            "data": str(data),
            "blockNumber": str(number),
            **more,
        } if kind == _TRANSFER and len(data) == _WORD_DIGITS and not more.get("removed"):
            holder = (sender if question.place == _FROM else to).lower()
            try:
                is_ours = int(address, 16) == int.from_bytes(raw(question.token), "big")
                if is_ours and int(number, 16) in blocks and holder in question.topics:
                    return holder, int(data, 16)
            except ValueError:
                pass
    raise Malformed("eth_getLogs: not a Transfer that was asked for")


def _topic(holder: str) -> str:
    return f"0x{raw(holder).hex():>064}"
