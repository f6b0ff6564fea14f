"""The signatures of a run's list: the file is read again by its digest, judged on every core, and streamed into the
store. Signatures are not kept themselves: they would double the database, and the file is the evidence.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chains.ownership.book import Book
from chains.ownership.types import OwnershipResult, Verdict
from indexer.intake import BadList
from indexer.intake.ownership_rows import Piece, SignedRow, lines_of, open_signed
from indexer.model.run import RunInfo, RunState
from indexer.settings import Settings
from indexer.store import ownership as store
from indexer.store.database import Database
from indexer.work.observer import Observer
from indexer.work.processes import Crew
from indexer.work.publication import sha256_of

UNSIGNED_FORMATS = ("plain-jsonl",)
"""What has no place for a signature, and is read by no reader of signatures."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One chunk: the verdict on each row, and the messages that were signed. ``read`` counts refused lines, too."""

    read: int
    rows: list[tuple[int, OwnershipResult]]
    messages: tuple[str, ...]


class Judging:
    """What every process needs to know: the schemes, and the last line that has its verdict. Pickles."""

    def __init__(self, book: Book, *, after: int) -> None:
        self._book, self._after = book, after

    def __call__(self, piece: Piece) -> Judged:
        lines = [line for line in lines_of(piece) if line.line_no > self._after]
        rows = [line for line in lines if isinstance(line, SignedRow)]
        results = [(row.line_no, self._book.verify(row.coin, row.network, row.claim)) for row in rows]
        signed = [
            row.claim.message
            for row, (_, result) in zip(rows, results, strict=True)
            if result.verdict is not Verdict.UNSIGNED
        ]
        return Judged(len(lines), results, tuple(dict.fromkeys(signed))[: store.MESSAGES_MAX])


async def check_signatures(
    db: Database,
    run: RunInfo,
    path: Path,
    *,
    list_format: str,
    settings: Settings,
    observer: Observer,
    stop: asyncio.Event,
) -> None:
    """A verdict on every row of the list, once. Killed or stopped at any moment, it goes on after the last whole chunk.

    Raises BadList where the file is not the one the run is about.
    """
    state = await store.check_state(db, run.run_id)
    if run.state is RunState.FROZEN or state.done:
        return
    if list_format not in UNSIGNED_FORMATS:
        if await asyncio.to_thread(sha256_of, path) != run.list_sha256:
            raise BadList(f"{path.name}: not the file that run {run.run_id} is about: it has changed since")
        signed = open_signed(path)
        left = (each for each in signed.pieces() if each.last_line_no > state.last_line)
        judging = Judging(settings.ownership, after=state.last_line)
        with Crew() as crew, closing(crew.spread(judging, left)) as chunks:
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                await store.save_verdicts(db, run.run_id, chunk.rows, chunk.messages)
                observer.verified(chunk.read)
                if stop.is_set():
                    return
        if signed.sha256 != run.list_sha256:
            await store.forget_unfinished(db, run.run_id)
            raise BadList(f"{path.name}: changed while its signatures were checked")
    await store.finish_check(db, run.run_id, counts=settings.policy.ownership_counts)
