"""What cron asks every hour: is there a published list that has not been audited to the end?"""

from __future__ import annotations

from collections.abc import Iterable
from glob import glob
from pathlib import Path

from indexer.model.config import ExchangeSpec
from indexer.store import runs
from indexer.store.database import Database
from indexer.work.publication import PublishedFiles, sha256_of


async def due_audits(db: Database, exchanges: Iterable[ExchangeSpec]) -> list[PublishedFiles]:
    """Lists without a frozen run for these very bytes of list and statement, oldest name first per exchange."""
    due: list[PublishedFiles] = []
    for exchange in exchanges:
        for path in sorted(Path(found) for found in glob(exchange.lists)):
            statement = _statement_of(exchange, path)
            audited = await runs.is_audited(
                db,
                exchange=exchange.name,
                list_sha256=sha256_of(path),
                statement_sha256=None if statement is None else sha256_of(statement),
            )
            if not audited:
                due.append(PublishedFiles(exchange.name, path, statement))
    return due


def _statement_of(exchange: ExchangeSpec, list_path: Path) -> Path | None:
    """``{stem}`` in the configured path is the list's file name without its last suffix."""
    if exchange.liabilities is None:
        return None
    found = sorted(glob(exchange.liabilities.replace("{stem}", list_path.stem)))
    return Path(found[-1]) if found else None
