"""Rows checked by an index that knows only now: between two readings of a provider that knows blocks.

What the index says is of no block. But a key of which the provider says the same before and after the index was asked
did not move in between, unless coins left and came back, and an honest index must say the same. The first of the two is
the run's own reading; so what moved since it was read is not compared. An index may lag behind its own list of blocks:
a difference counts only where it is said twice, one irreversible block apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chains.adapter import ChainAdapter, OnlyNow, Rpc
from chains.errors import Transport, WrongChain
from chains.settled import until_final
from chains.types import BalanceKey, BlockRef, Failure, Readings
from indexer.store.cross_checks import CheckedLine, OpenLine
from indexer.work.endpoints import Checkers, Endpoint
from indexer.work.fetcher import ask

CHUNK = 400
"""Rows asked for together: all wait for one block to become irreversible, on Tron for a minute."""
Lane = Sequence[Endpoint]
MOVED = "not read alike once more, so that an index that knows only now cannot be compared"


async def check(adapter: ChainAdapter, lane: Lane, checkers: Checkers, rows: Sequence[OpenLine]) -> list[CheckedLine]:
    """One line per row, in order; each row has an amount. Raises ChainError where nothing could be asked."""
    found = await _asked(adapter, lane, checkers, rows)
    differing = [row for row, line in zip(rows, found, strict=True) if line.amount not in (None, row.amount)]
    again = {line.line_no: line for line in await _asked(adapter, lane, checkers, differing)} if differing else {}
    return [again.get(line.line_no, line) for line in found]


async def _asked(adapter: ChainAdapter, lane: Lane, checkers: Checkers, rows: Sequence[OpenLine]) -> list[CheckedLine]:
    keys = [row.key for row in rows]
    _, since = await ask(lane, adapter, adapter.final_block)
    index, (said, head) = await ask(checkers, adapter, partial(_held, keys, since))
    _, after = await ask(lane, adapter, partial(_reading, adapter, keys, head))
    found = zip(rows, said, after.amounts, strict=True)
    return [
        checked(row.line_no, told, index) if row.amount == now else CheckedLine(row.line_no, reason=MOVED)
        for row, told, now in found
    ]


async def _held(keys: Sequence[BalanceKey], since: BlockRef, rpc: Rpc) -> tuple[list[int | Failure], int]:
    """What the index says after it had seen the block ``since``, and a height that none of it is after."""
    assert isinstance(rpc, OnlyNow), "checkers of one chain are of one sort"
    if (head := await rpc.newest()) < since.height:
        raise Transport(f"it is at block {head}, behind {since.height}")
    if (listed := await rpc.hash_at(since.height)) != since.hash:
        raise WrongChain(f"its block {since.height} is {listed}, not {since.hash}")
    said = await rpc.held(keys, since=since)
    return said, await rpc.newest()


async def _reading(adapter: ChainAdapter, keys: Sequence[BalanceKey], height: int, rpc: Rpc) -> Readings:
    block = await until_final(partial(adapter.final_block, rpc), height)
    return await adapter.balances(rpc, block, keys)


def checked(line_no: int, found: int | Failure | None, endpoint: Endpoint) -> CheckedLine:
    """What a second source says of a row, or why it says nothing."""
    if isinstance(found, int):
        return CheckedLine(line_no, found, endpoint.spec.name, endpoint.spec.operator)
    return CheckedLine(line_no, reason=(found.detail if found is not None else "") or "no answer")
