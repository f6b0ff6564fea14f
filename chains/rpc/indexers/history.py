"""From pages of an address's history, newest first, to its movements up to a height.

Pages end without a word, shift when a block comes in between, and some APIs repeat one instead of ending. So every
history is held against the address's own statistics, asked for before and after: the count of transactions says
whether it is whole, the sum what lies before the pages that were read.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.adapter import Json
from chains.errors import Malformed
from chains.redact import redact
from chains.rpc.indexers.source import Index, Movement, Stats

DEPTH = 2_016
"""Blocks below the asked height whose movements are told one by one, for coinbases may be too young there: Qtum's wait
for 2,000 blocks, the longest. What lies deeper is one sum."""
ATTEMPTS = 3


async def movements(index: Index, address: str, *, start: int, end: int) -> list[Json]:
    """In the form of getaddressdeltas. Raises Malformed, ChainError."""
    floor = max(0, end - DEPTH) if start <= 1 else start - 1
    before = await index.stats(address)
    for _ in range(ATTEMPTS):
        read, problem = await _read(index, address, floor, before)
        after = await index.stats(address)
        if after == before:
            if problem:
                raise _malformed(index, problem)
            return _deltas(index, address, read, before, start=start, end=end, floor=floor)
        before = after
    raise _malformed(index, "an address moves while it is read, again and again")


async def _read(index: Index, address: str, floor: int, stats: Stats) -> tuple[list[Movement], str]:
    """Movements above the floor, and perhaps some below; what is wrong with them, if nothing moved meanwhile."""
    read: list[Movement] = []
    seen: set[str] = set()
    if not stats.transactions:
        return read, ""
    async for page in index.pages(address):
        for movement in page:
            if movement.txid in seen or (read and movement.height > read[-1].height):
                return read, "pages of a history that overlap, or are not in order"
            seen.add(movement.txid)
            read.append(movement)
        if len(read) >= stats.transactions or (read and read[-1].height <= floor):
            return read, ""
    return read, f"a history of {len(read)} transactions where there are {stats.transactions}"


def _deltas(
    index: Index,
    address: str,
    read: Sequence[Movement],
    stats: Stats,
    *,
    start: int,
    end: int,
    floor: int,
) -> list[Json]:
    missing = stats.transactions - len(read)
    if missing < 0 or (missing == 0 and sum(each.satoshis for each in read) != stats.satoshis):
        raise _malformed(index, "a history that contradicts the statistics of its address")
    found: list[Json] = [_delta(address, each) for each in read if floor < each.height <= end]
    opening = stats.satoshis - sum(each.satoshis for each in read if each.height > floor)
    if opening < 0:
        raise _malformed(index, "a history that spends more than its address ever had")
    if start <= 1 and opening:
        found.append(_delta(address, Movement(f"up to height {floor}", max(1, floor), opening, False)))
    return found


def _delta(address: str, movement: Movement) -> Json:
    delta: dict[str, Json] = {
        "address": address,
        "txid": movement.txid,
        "index": 0,
        "height": movement.height,
        "satoshis": movement.satoshis,
    }
    return delta if movement.coinbase is None else {**delta, "blockindex": 0 if movement.coinbase else 1}


def _malformed(index: Index, what: str) -> Malformed:
    return Malformed(redact(f"{index.provider}: {what}"))
