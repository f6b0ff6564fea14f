"""Verdicts on signatures: by COPY in the order of the list, one transaction a chunk, and closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from chains.ownership.types import OwnershipResult, Verdict
from indexer.model.findings import Finding, Severity
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.text import encoded, field, plain

MESSAGES_MAX = 5
MESSAGE_CHARS_MAX = 120
Row = tuple[int, OwnershipResult]
"""(line, verdict)"""

_COLUMNS = ("run_id", "line_no", "verdict", "scheme", "detail", "missing", "signers")
_STATE = """
SELECT EXISTS (SELECT FROM ledger.signature_checks WHERE run_id = $1) AS done,
    COALESCE((SELECT max(line_no) FROM ledger.signature_verdicts WHERE run_id = $1), 0) AS last_line
"""
_SAY = """
INSERT INTO ledger.signed_messages (run_id, position, message)
SELECT $1, count(*), $2 FROM ledger.signed_messages WHERE run_id = $1
HAVING count(*) < $3 AND NOT $2 = ANY(COALESCE(array_agg(message), '{}'))
"""
# Counted once, here: a killed check has no other memory than its rows.
_FINISH = """
INSERT INTO ledger.signature_checks (run_id, rows, signed, counts)
SELECT $1, count(*), count(*) FILTER (WHERE verdict <> 'unsigned'), $2 FROM ledger.signature_verdicts WHERE run_id = $1
RETURNING signed
"""
_BAD = """
SELECT count(*) AS rows, min(line_no) AS line_no FROM ledger.signature_verdicts
WHERE run_id = $1 AND verdict = 'bad signature'
"""


@dataclass(frozen=True, slots=True)
class CheckState:
    """``done``: every row has its verdict. Else ``last_line`` is the last line that has one; 0 before the first."""

    done: bool
    last_line: int


async def check_state(db: Database, run_id: int) -> CheckState:
    async with db.acquire() as connection:
        row = await connection.fetchrow(_STATE, run_id)
    assert row is not None
    return CheckState(row["done"], row["last_line"])


async def save_verdicts(db: Database, run_id: int, rows: Sequence[Row], messages: Iterable[str]) -> None:
    """One chunk, whole or not at all. A check that has ended takes none. ``messages`` are kept up to a few."""
    async with db.transaction() as connection:
        if rows:
            await connection.copy_to_table(
                "signature_verdicts", schema_name="ledger", columns=_COLUMNS, source=_copied(run_id, rows)
            )
        for message in messages:
            await connection.execute(_SAY, run_id, plain(message[:MESSAGE_CHARS_MAX]), MESSAGES_MAX)


async def finish_check(db: Database, run_id: int, *, counts: Sequence[Verdict]) -> None:
    """Close the check, and say what contradicts the list, or leaves it unproven."""
    async with db.transaction() as connection:
        signed: int = await connection.fetchval(_FINISH, run_id, [verdict.value for verdict in counts])
        bad = await connection.fetchrow(_BAD, run_id)
        assert bad is not None
        await insert_findings(connection, _findings(signed, bad["rows"], bad["line_no"]), run_id=run_id)


async def forget_unfinished(db: Database, run_id: int) -> None:
    """Drop the verdicts of a check that has not ended, because they are of another file."""
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM ledger.signature_verdicts WHERE run_id = $1", run_id)
        await connection.execute("DELETE FROM ledger.signed_messages WHERE run_id = $1", run_id)


async def _copied(run_id: int, rows: Sequence[Row]) -> AsyncIterator[bytes]:
    yield encoded(
        [
            f"{run_id}\t{line_no}\t{each.verdict.value}\t{field(each.scheme)}\t{field(each.detail)}\t"
            f"{field(each.missing)}\t{field(' '.join(each.signers))}\n"
            for line_no, each in rows
        ]
    )


def _findings(signed: int, bad: int, first_bad: int | None) -> list[Finding]:
    found = []
    if not signed:
        said = "no signature is published: nothing shows that the exchange controls these addresses; all of them count"
        found.append(Finding(Severity.WARNING, "no-signatures", said))
    if bad:
        rows = "1 row publishes a signature that does" if bad == 1 else f"{bad} rows publish signatures that do"
        found.append(Finding(Severity.EXCEPTION, "bad-signature", f"{rows} not hold", first_bad))
    return found
