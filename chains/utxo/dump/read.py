"""A whole dump file: cut, read by several processes, joined again, and checked as a whole.

A cut is a guess (cuts.py). Parts are joined in the order of the file, from its first coin on, and a part counts only
when the one before ended exactly where it began: so no wrong guess survives, it only makes two parts one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from chains.utxo.dump.coins import Coins, joined
from chains.utxo.dump.cuts import cuts
from chains.utxo.dump.engine import Name
from chains.utxo.dump.errors import DumpRefused, Fault
from chains.utxo.dump.finished import Finished
from chains.utxo.dump.header import Header, read_header
from chains.utxo.dump.part import Job, Part, Task
from chains.utxo.dump.pool import Reader, Reading, read_all
from chains.utxo.dump.rules import Rules
from chains.utxo.dump.walk import INT64_MAX
from chains.utxo.dump.watch import Watched

PART_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    bytes_done: int
    bytes_all: int
    coins: int


@dataclass(frozen=True, slots=True)
class Dump:
    """What a whole file says. ``header.coins`` and ``total`` (base units) are of all its coins, for `gettxoutsetinfo`.

    By watched script, in order: ``amounts``, the part of them in outputs of coinbases and stakes too young to be spent
    in the next block (``immature``), and what bare public keys (P2PK) of the same key hold, which is not in the amount.
    """

    header: Header
    total: int
    amounts: Sequence[int]
    immature: Sequence[int]
    same_key: Sequence[int]
    coins: Coins


def read_dump(
    path: Path,
    scripts: Sequence[bytes],
    rules: Rules,
    *,
    block_hash: str,
    magic: bytes | None = None,
    processes: int | None = None,
    engine_name: Name | None = None,
    part_bytes: int = PART_BYTES,
    resume_in: Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Dump:
    """What distinct scriptPubKeys hold in a file of this block. Blocks: not for the event loop.

    ``magic``: that of the network, compared where the file names it. ``resume_in``: a folder that keeps finished parts
    until the reading is done. ``progress`` may raise to end the reading. Raises DumpRefused, OSError.
    """
    header = read_header(path)
    _check(header, block_hash, magic)
    task = Task(path, header, rules, Watched(scripts))
    finished = Finished(resume_in, task) if resume_in else None
    found = cuts(path, body_at=header.body_at, size=header.size, grouped=header.grouped, part_bytes=part_bytes)
    jobs = list(pairwise([header.body_at, *found, header.size]))
    parts: list[Part] = []
    for part in _joined(jobs, Reading(task, engine_name, finished), processes):
        parts.append(part)
        progress(Progress(part.stop, header.size, sum(done.count for done in parts)))
    dump = _summed(header, parts, rules, len(scripts))
    if finished:
        finished.clear()
    return dump


def _check(header: Header, block_hash: str, magic: bytes | None) -> None:
    if header.magic is not None and magic is not None and header.magic != magic:
        raise DumpRefused(Fault.OTHER_NETWORK, 7, f"its magic is {header.magic.hex()}, not {magic.hex()}")
    if header.block_hash != block_hash:
        raise DumpRefused(Fault.OTHER_BLOCK, 11 if header.grouped else 0, f"{header.block_hash}, not {block_hash}")


def _joined(jobs: Sequence[Job], reading: Reading, processes: int | None) -> Iterator[Part]:
    """Parts that follow one another without a gap, from the first coin to the last. Raises DumpRefused."""
    start, last_txid = jobs[0][0], b""
    for job, read in zip(jobs, read_all(reading, jobs, processes), strict=True):
        # Where the cut before it was wrong, what lies on both sides is one part.
        answer = read if job[0] == start else Reader(reading)((start, job[1]))
        if isinstance(answer, DumpRefused):
            raise answer
        if answer.miscut:
            continue
        if answer.count and answer.first_txid <= last_txid:
            raise DumpRefused(Fault.ORDER, start)
        yield answer
        start, last_txid = answer.stop, answer.last_txid
    assert start == jobs[-1][1], "the end of the file is no guess"


def _summed(header: Header, parts: Sequence[Part], rules: Rules, scripts: int) -> Dump:
    total, count = sum(part.total for part in parts), sum(part.count for part in parts)
    if total > INT64_MAX:
        raise DumpRefused(Fault.TOTAL, header.size)
    if count != header.coins:
        fault = Fault.FEWER if count < header.coins else Fault.COINS
        raise DumpRefused(fault, header.size, f"{count} of {header.coins}")
    coins = joined([part.coins for part in parts])
    own = ~coins.same_key
    young = own & coins.generated & (coins.height > rules.height + 1 - rules.maturity)
    return Dump(
        header=header,
        total=total,
        amounts=coins.sums(scripts, own),
        immature=coins.sums(scripts, young),
        same_key=coins.sums(scripts, coins.same_key),
        coins=coins,
    )
