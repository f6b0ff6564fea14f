"""Published files into the store: the list, line by line, and the statement of liabilities."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chains import registry
from chains.adapter import ChainAdapter, Prover
from chains.proofs import NoProofs
from chains.types import ChainId
from indexer.intake import BadStatement, Batch, ListReader, open_list, read_statement
from indexer.model.claims import ListSummary
from indexer.settings import Settings
from indexer.store import lists, statements
from indexer.store.database import Database
from indexer.work.commitment_check import join_commitment
from indexer.work.observer import Observer


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """One audit's files on disk. ``liabilities`` is None where the exchange states none beside this list;
    ``commitment`` are the files of what the liabilities were committed to.
    """

    exchange: str
    list_path: Path
    liabilities: Path | None
    commitment: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """What an exchange published for one audit, as the store knows it."""

    list_id: int
    statement_id: int | None
    verdict_id: int | None
    summary: ListSummary
    duplicates: int
    already: bool


def adapters_of(settings: Settings) -> Callable[[ChainId], ChainAdapter | None]:
    """Chain -> its adapter, made once; None where no family serves the chain."""

    @cache
    def adapter_of(chain: ChainId) -> ChainAdapter | None:
        spec = settings.chains.get(chain)
        return None if spec is None or spec.unsupported is not None else registry.adapter(spec)

    return adapter_of


def provers_of(settings: Settings) -> Callable[[ChainId], Prover | NoProofs]:
    """Chain -> what proves its balances, or why nothing does."""

    @cache
    def prover_of(chain: ChainId) -> Prover | NoProofs:
        spec = settings.chains.get(chain)
        return NoProofs("config does not know this network") if spec is None else registry.prover(spec)

    return prover_of


class _Watched:
    """A reader that reports its progress."""

    def __init__(self, reader: ListReader, observer: Observer) -> None:
        self._reader, self._observer = reader, observer

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._reader:
            yield batch
            self._observer.imported(len(batch.claims) + len(batch.rejected))

    @property
    def summary(self) -> ListSummary:
        return self._reader.summary


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def import_publication(
    db: Database, settings: Settings, files: PublishedFiles, observer: Observer, *, code_version: str
) -> Publication:
    """Idempotent: the same bytes under the same configuration are read and stored once.

    The statement and its commitment come first, so that bad ones are refused before minutes are spent on the list.
    Raises BadList, BadStatement.
    """
    statement_id, verdict_id = await _import_liabilities(db, settings, files, code_version)
    digest = settings.config_digest
    sha256 = await asyncio.to_thread(sha256_of, files.list_path)
    imported = await lists.find_list(db, exchange=files.exchange, sha256=sha256, config_digest=digest)
    if imported is None:
        reader = _Watched(open_list(files.list_path, settings.names, adapters_of(settings)), observer)
        imported = await lists.import_list(
            db, exchange=files.exchange, name=files.list_path.name, config_digest=digest, reader=reader
        )
    return Publication(
        list_id=imported.list_id,
        statement_id=statement_id,
        verdict_id=verdict_id,
        summary=imported.summary,
        duplicates=imported.duplicates,
        already=imported.already,
    )


async def _import_liabilities(
    db: Database, settings: Settings, files: PublishedFiles, code_version: str
) -> tuple[int | None, int | None]:
    """The numbers of the statement and of the verdict about its commitment, each None where there is none."""
    path, statement = files.liabilities, None
    if path is not None:
        statement = read_statement(path, settings.names)
    if files.commitment:
        name = files.commitment[0].name if path is None else path.name
        return await join_commitment(
            db,
            settings.names,
            files.commitment,
            exchange=files.exchange,
            statement=statement,
            name=name,
            code_version=code_version,
        )
    if path is None or statement is None:
        return None, None
    if not statement.liabilities:
        raise BadStatement(f"{path.name}: it leaves the totals to its commitment, whose files are not given")
    return await statements.import_statement(db, exchange=files.exchange, name=path.name, statement=statement), None
