"""Opening runs, and finding them again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from indexer.model.run import RunInfo, RunState
from indexer.store.database import Database
from indexer.store.locks import lock_number
from indexer.store.text import plain

if TYPE_CHECKING:
    from indexer.store.database import Connection

_SELECT = """
SELECT r.run_id, r.exchange, r.as_of, r.as_of_wanted, r.state, r.list_id, l.sha256 AS list_sha256, l.name AS list_name,
    r.statement_id, r.verdict_id, r.created, r.frozen, r.quorum, r.policy
FROM ledger.runs r JOIN ledger.lists l USING (list_id)
"""
# An unfinished run first: it is what the same command was about before it was killed.
_SAME_REQUEST = f"""{_SELECT}
WHERE r.list_id = $1 AND r.statement_id IS NOT DISTINCT FROM $2 AND r.verdict_id IS NOT DISTINCT FROM $3
    AND r.as_of_wanted IS NOT DISTINCT FROM $4 AND (r.state <> 'frozen' OR NOT $5)
ORDER BY (r.state = 'frozen'), r.run_id DESC LIMIT 1
"""
_INSERT = """
INSERT INTO ledger.runs
    (exchange, list_id, statement_id, verdict_id, as_of, as_of_wanted, state, quorum, policy, code_version, created)
VALUES ($1, $2, $3, $4, $5, $6, 'planning', $7, $8, $9, $10) RETURNING run_id
"""
_PARTITION = """
CREATE TABLE ledger.readings_{0} (LIKE ledger.readings INCLUDING CONSTRAINTS);
ALTER TABLE ledger.readings ATTACH PARTITION ledger.readings_{0} FOR VALUES IN ({0});
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.readings_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('readings are append-only');
"""
_IS_AUDITED = """
SELECT EXISTS (
    SELECT FROM ledger.runs r JOIN ledger.lists l USING (list_id) LEFT JOIN ledger.statements s USING (statement_id)
    LEFT JOIN ledger.commitment_verdicts v USING (verdict_id)
    WHERE r.state = 'frozen' AND r.exchange = $1 AND l.sha256 = $2 AND s.sha256 IS NOT DISTINCT FROM $3
        AND v.files_sha256 IS NOT DISTINCT FROM $4
)
"""


async def open_run(
    db: Database,
    *,
    exchange: str,
    list_id: int,
    statement_id: int | None,
    verdict_id: int | None = None,
    as_of: datetime | None,
    quorum: int,
    policy: str,
    code_version: str,
    now: datetime,
    fresh: bool = False,
) -> RunInfo:
    """The unfinished run of this list, statement, verdict and as-of; else, unless ``fresh``, its newest frozen one;
    else a new one with an empty partition for its readings. A run that is found keeps the quorum and policy it was
    opened with.
    """
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_number(f"open run of list {list_id}"))
        row = await connection.fetchrow(_SAME_REQUEST, list_id, statement_id, verdict_id, as_of, fresh)
        if row is not None:
            return _info(row)
        run_id: int = await connection.fetchval(
            _INSERT,
            exchange,
            list_id,
            statement_id,
            verdict_id,
            as_of or now,
            as_of,
            quorum,
            policy,
            plain(code_version),
            now,
        )
        await connection.execute(_PARTITION.format(run_id))
        return await load_run(connection, run_id)


async def get_run(db: Database, run_id: int) -> RunInfo:
    """Raises LookupError."""
    async with db.acquire() as connection:
        return await load_run(connection, run_id)


async def load_run(connection: Connection, run_id: int) -> RunInfo:
    row = await connection.fetchrow(f"{_SELECT} WHERE r.run_id = $1", run_id)
    if row is None:
        raise LookupError(f"there is no run {run_id}")
    return _info(row)


async def latest_run(db: Database, exchange: str | None) -> RunInfo | None:
    """The newest run, of one exchange or of all."""
    async with db.acquire() as connection:
        row = await connection.fetchrow(
            f"{_SELECT} WHERE $1::text IS NULL OR r.exchange = $1 ORDER BY r.run_id DESC LIMIT 1", exchange
        )
    return None if row is None else _info(row)


async def list_runs(db: Database) -> list[RunInfo]:
    """Every run, oldest first."""
    async with db.acquire() as connection:
        return [_info(row) for row in await connection.fetch(f"{_SELECT} ORDER BY r.run_id")]


async def is_audited(
    db: Database, *, exchange: str, list_sha256: str, statement_sha256: str | None, files_sha256: str | None = None
) -> bool:
    """Whether there is a frozen run for these very bytes of list, statement and commitment."""
    async with db.acquire() as connection:
        request = (exchange, list_sha256, statement_sha256, files_sha256)
        found: bool = await connection.fetchval(_IS_AUDITED, *request)
        return found


def _info(row: asyncpg.Record) -> RunInfo:
    return RunInfo(**{**row, "state": RunState(row["state"])})
