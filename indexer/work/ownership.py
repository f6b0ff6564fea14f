"""A published list -> every row's verdict -> what they come to, by scheme and by asset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chains.ownership.book import Book
from indexer.core.names import Names
from indexer.intake.ownership_rows import open_signed
from indexer.model.ownership import OwnershipReport
from indexer.work.ownership_tally import Judge, Tally
from indexer.work.processes import Crew


def verify_list(
    path: Path,
    *,
    book: Book,
    names: Names,
    listed_max: int,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> OwnershipReport:
    """Blocks for as long as it takes, memory flat: call it in a thread. ``progress`` gets the rows of each chunk.

    ``listed_max`` bounds how many rows of each verdict are listed one by one. Raises BadList, or OSError where there is
    no file.
    """
    signed = open_signed(path)
    whole = Tally(listed_max)
    judge = Judge(book, names, listed_max)
    with Crew(processes=processes) as crew:
        for part in crew.spread(judge.tally, signed.pieces()):
            whole.merge(part)
            progress(part.rows)
    return whole.report(path.name, signed.sha256)
