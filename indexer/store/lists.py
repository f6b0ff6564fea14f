"""Published lists: the whole of one in one transaction, by COPY into a partition of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import asyncpg

from indexer.model.claims import DeclaredTotal, InstrumentSpec, ListSummary, RejectedLine, ReserveClaim
from indexer.store.database import Database
from indexer.store.findings import insert_findings, load_findings
from indexer.store.list_checks import check_list, holdings_of, mark_duplicates
from indexer.store.text import NULL, encoded, field, number, plain

if TYPE_CHECKING:
    from indexer.store.database import Connection


class Batch(Protocol):
    @property
    def claims(self) -> Sequence[ReserveClaim]: ...
    @property
    def rejected(self) -> Sequence[RejectedLine]: ...


class Reader(Protocol):
    """Batches of lines; ``summary`` exists once they are exhausted."""

    def __iter__(self) -> Iterator[Batch]: ...
    @property
    def summary(self) -> ListSummary: ...


@dataclass(frozen=True, slots=True)
class ImportedList:
    """``already``: these bytes were stored before under the same config. The summary has the store's findings, too."""

    list_id: int
    summary: ListSummary
    already: bool
    duplicates: int


_COLUMNS = (
    "list_id", "line_no", "instrument_no", "height", "address", "claimed", "claimed_text", "kind",
    "rejected", "detail", "excerpt",
)  # fmt: skip
_FIND = "SELECT list_id FROM ledger.lists WHERE exchange = $1 AND sha256 = $2 AND config_digest = $3"
# Loaded apart from its parent, so that readers of other lists never wait for an import.
_CREATE = "CREATE TABLE ledger.lines_{0} (LIKE ledger.lines INCLUDING CONSTRAINTS)"
_ATTACH = """
ALTER TABLE ledger.lines_{0} ADD PRIMARY KEY (list_id, line_no);
ALTER TABLE ledger.lines ATTACH PARTITION ledger.lines_{0} FOR VALUES IN ({0});
CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger.lines_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('published lines never change');
ANALYZE ledger.lines_{0};
"""
_INSERT_LIST = """
INSERT INTO ledger.lists (list_id, exchange, name, sha256, config_digest, format, size, lines, accepted, rejected,
    duplicates) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_INSERT_INSTRUMENTS = """
INSERT INTO ledger.instruments
    (list_id, instrument_no, holding, published, asset, chain, instrument, decimals, scale, unsupported)
SELECT $1, n - 1, holding, published, asset, chain, instrument, decimals, scale, unsupported
FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[])
    WITH ORDINALITY AS i (holding, published, asset, chain, instrument, decimals, scale, unsupported, n)
"""
_INSERT_DECLARED = """
INSERT INTO ledger.declared_totals (list_id, position, line_no, published, asset, instrument_no, amount_text, amount)
SELECT $1, n, line_no, published, asset, instrument_no, amount_text, amount
FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::numeric[])
    WITH ORDINALITY AS d (line_no, published, asset, instrument_no, amount_text, amount, n)
"""


async def find_list(db: Database, *, exchange: str, sha256: str, config_digest: str) -> ImportedList | None:
    """The list of these bytes under this config, if it is stored."""
    async with db.acquire() as connection:
        list_id: int | None = await connection.fetchval(_FIND, exchange, sha256, config_digest)
        return None if list_id is None else await _load(connection, list_id, already=True)


async def import_list(db: Database, *, exchange: str, name: str, config_digest: str, reader: Reader) -> ImportedList:
    """Store a list and everything found in it, or nothing of it; the same list again changes nothing.

    Whatever the reader raises passes through. Raises DatabaseUnavailable.
    """
    known = (exchange, "", config_digest)
    try:
        async with db.transaction() as connection:
            list_id: int = await connection.fetchval("SELECT nextval('ledger.lists_list_id_seq')")
            await connection.execute(_CREATE.format(list_id))
            await connection.copy_to_table(
                f"lines_{list_id}", schema_name="ledger", columns=_COLUMNS, source=_lines(list_id, reader)
            )
            summary = reader.summary
            known = (exchange, summary.sha256, config_digest)
            if await connection.fetchval(_FIND, *known) is not None:
                raise _AlreadyStored
            await _insert_parts(connection, list_id, summary, exchange=exchange, name=name, config_digest=config_digest)
            await connection.execute(_ATTACH.format(list_id))
            return await _load(connection, list_id, already=False)
    except (_AlreadyStored, asyncpg.UniqueViolationError) as error:
        stored = await find_list(db, exchange=known[0], sha256=known[1], config_digest=known[2])
        if stored is None:
            raise AssertionError("a list holds one line twice") from error
        return stored


class _AlreadyStored(Exception):
    """Unwinds the transaction."""


async def _lines(list_id: int, reader: Reader) -> AsyncIterator[bytes]:
    """Every line as COPY text. The reader runs here, while the server works on what it was given before."""
    for batch in reader:
        rows = [
            f"{list_id}\t{line_no}\t{instrument_no}\t{NULL if height is None else height}\t{field(address)}\t"
            f"{NULL if claimed is None else claimed}\t{NULL if text is None else field(text)}\t"
            f"{field(kind) if kind else ''}\t{NULL}\t{NULL}\t{NULL}\n"
            for line_no, instrument_no, height, address, claimed, text, kind in batch.claims
        ]
        rows += [
            f"{list_id}\t{line.line_no}\t{number(line.instrument_no)}\t{NULL}\t{NULL}\t{number(line.claimed)}\t"
            f"{NULL}\t{NULL}\t{line.reason.value}\t{field(line.detail)}\t{field(line.excerpt)}\n"
            for line in batch.rejected
        ]
        yield encoded(rows)


async def _insert_parts(
    connection: Connection, list_id: int, summary: ListSummary, *, exchange: str, name: str, config_digest: str
) -> None:
    specs, declared = summary.instruments, summary.declared
    holdings = holdings_of(specs)
    duplicates = await mark_duplicates(connection, list_id, holdings)
    await connection.execute(
        _INSERT_LIST,
        list_id,
        exchange,
        plain(name),
        summary.sha256,
        config_digest,
        summary.format,
        summary.size,
        summary.lines,
        summary.accepted,
        summary.rejected,
        duplicates.count,
    )
    await connection.execute(
        _INSERT_INSTRUMENTS,
        list_id,
        holdings,
        [plain(spec.published) for spec in specs],
        [spec.asset for spec in specs],
        [spec.chain for spec in specs],
        [spec.instrument for spec in specs],
        [spec.decimals for spec in specs],
        [spec.scale for spec in specs],
        [spec.unsupported for spec in specs],
    )
    await connection.execute(
        _INSERT_DECLARED,
        list_id,
        [total.line_no for total in declared],
        [plain(total.published) for total in declared],
        [total.asset for total in declared],
        [total.instrument_no for total in declared],
        [plain(total.amount_text) for total in declared],
        [total.amount for total in declared],
    )
    findings = [*summary.findings, *duplicates.findings, *await check_list(connection, list_id, summary)]
    await insert_findings(connection, findings, list_id=list_id)


async def _load(connection: Connection, list_id: int, *, already: bool) -> ImportedList:
    row = await connection.fetchrow("SELECT * FROM ledger.lists WHERE list_id = $1", list_id)
    assert row is not None
    instruments = await connection.fetch(
        "SELECT published, asset, chain, instrument, decimals, scale, unsupported FROM ledger.instruments "
        "WHERE list_id = $1 ORDER BY instrument_no",
        list_id,
    )
    declared = await connection.fetch(
        "SELECT line_no, published, asset, instrument_no, amount_text, amount FROM ledger.declared_totals "
        "WHERE list_id = $1 ORDER BY position",
        list_id,
    )
    summary = ListSummary(
        sha256=row["sha256"],
        format=row["format"],
        size=row["size"],
        lines=row["lines"],
        accepted=row["accepted"],
        rejected=row["rejected"],
        instruments=tuple(InstrumentSpec(**each) for each in instruments),
        declared=tuple(DeclaredTotal(**each) for each in declared),
        findings=await load_findings(connection, list_id=list_id),
    )
    return ImportedList(list_id=list_id, summary=summary, already=already, duplicates=row["duplicates"])
