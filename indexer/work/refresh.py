"""What cron asks every hour: is there a published list that has not been audited to the end?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from glob import glob
from pathlib import Path

from indexer.intake.liability_files import files_digest
from indexer.liabilities.scheme import BadDocument
from indexer.model.config import ExchangeSpec
from indexer.store import runs
from indexer.store.database import Database
from indexer.work.publication import PublishedFiles, sha256_of


async def due_audits(db: Database, exchanges: Iterable[ExchangeSpec]) -> list[PublishedFiles]:
    """Publications without a frozen run for these very bytes of list, statement and commitment.

    Oldest name first per exchange.
    """
    due: list[PublishedFiles] = []
    for exchange in exchanges:
        for path in sorted(Path(found) for found in glob(exchange.lists)):
            statements = _beside(path, exchange.liabilities)
            files = PublishedFiles(
                exchange=exchange.name,
                list_path=path,
                liabilities=statements[-1] if statements else None,
                commitment=_beside(path, exchange.commitment),
            )
            if not await _is_audited(db, files):
                due.append(files)
    return due


async def _is_audited(db: Database, files: PublishedFiles) -> bool:
    try:
        committed = await asyncio.to_thread(files_digest, files.commitment) if files.commitment else None
    except BadDocument:
        return False  # the audit itself will refuse it, and say why
    return await runs.is_audited(
        db,
        exchange=files.exchange,
        list_sha256=sha256_of(files.list_path),
        statement_sha256=committed if files.liabilities is None else sha256_of(files.liabilities),
        files_sha256=committed,
    )


def _beside(list_path: Path, pattern: str | None) -> tuple[Path, ...]:
    """What is published beside a list, by name; ``{stem}`` is the list's file name without its last suffix."""
    found = () if pattern is None else glob(pattern.replace("{stem}", list_path.stem))
    return tuple(sorted(map(Path, found)))
