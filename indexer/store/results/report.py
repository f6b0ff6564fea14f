"""The whole of a run as one record, from one consistent view of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

import asyncpg

from chains.types import ChainId
from indexer.core.conclude import owed_but_unlisted, reserve_ratios
from indexer.core.moment import moment_finding, moments
from indexer.core.ownership import counted
from indexer.model.commitments import Backing
from indexer.model.result import ExceptionRow, ProviderUse, ReadingBefore, Report, ReserveRatio, RowStatus
from indexer.model.run import RunInfo, RunState
from indexer.store.commitments import restated_of
from indexer.store.database import Database
from indexer.store.findings import load_findings
from indexer.store.proofs.summary import summaries_of
from indexer.store.results.beside import locked_of, reconciled_of
from indexer.store.results.causes import causes_of
from indexer.store.results.digest import digest_of
from indexer.store.results.owed import owed_of
from indexer.store.results.ownership import ownership_of
from indexer.store.results.totals import totals_of
from indexer.store.results.unchecked import unchecked_of
from indexer.store.results.unfinished import unfinished
from indexer.store.results.witnessed import witnessed_of
from indexer.store.runs.opening import load_run
from indexer.store.runs.pinning import pins_of

if TYPE_CHECKING:
    from indexer.store.database import Connection

_HEAD = """
SELECT l.lines, l.accepted, l.rejected, l.format, r.readings_digest, r.code_version
FROM ledger.runs r JOIN ledger.lists l USING (list_id) WHERE r.run_id = $1
"""
_UNASSIGNED = "SELECT count(*) FROM ledger.lines WHERE list_id = $1 AND rejected IS NOT NULL AND instrument_no IS NULL"
_PROVIDERS = """
SELECT v.chain, v.provider, v.operator, d.readings
FROM (
    SELECT d.provider_id, count(*) AS readings
    FROM ledger.readings d JOIN ledger.pins p USING (run_id, pin_no)
    WHERE d.run_id = $1 AND p.voided IS NULL GROUP BY d.provider_id
) d
JOIN ledger.providers v USING (provider_id)
ORDER BY v.chain, v.provider, v.operator
"""
_RATIOS = """
SELECT asset, scale, liabilities, attested, low_ppm, high_ppm, attested_low_ppm, attested_high_ppm, backing
FROM ledger.reserve_ratios WHERE run_id = $1 ORDER BY position
"""
_EXCEPTIONS_COUNT = """
SELECT count(*) FROM ledger.row_results
WHERE run_id = $1 AND list_id = $2 AND status NOT IN ('verified', 'observed')
"""
# Of what is not read yet, the shard knows the last problem. What transfers explain is the first to be left out, what
# contradicts the list the last.
_EXCEPTIONS = """
SELECT e.line_no, e.asset, e.chain, COALESCE(e.address, e.excerpt) AS address, e.status, e.claimed,
    COALESCE(e.observed, CASE WHEN e.low = e.high THEN e.low END) AS observed, e.decimals, e.explained, e.residue,
    e.before_run, e.before_height, e.explained_before, e.residue_before, e.reason || COALESCE(': ' || (
        SELECT s.problem FROM ledger.shards s
        WHERE e.status = 'unavailable' AND s.run_id = $1 AND s.pin_no = e.pin_no AND s.state IN ('open', 'leased')
            AND e.line_no BETWEEN s.first_line AND s.last_line AND s.problem <> ''
        ORDER BY s.problem_at DESC LIMIT 1
    ), '') AS reason
FROM (
    SELECT * FROM ledger.row_results
    WHERE run_id = $1 AND list_id = $2 AND status NOT IN ('verified', 'observed')
    ORDER BY status NOT IN ('mismatch', 'disputed'),
        COALESCE(residue = 0, false) AND COALESCE(residue_before = 0, true), line_no LIMIT $3
) e
ORDER BY e.status NOT IN ('mismatch', 'disputed'), e.line_no
"""
_WITNESSES = """
SELECT d.line_no, v.provider || ' says ' || COALESCE(d.amount::text, d.reason) AS said, d.lane
FROM ledger.readings d JOIN ledger.pins p USING (run_id, pin_no) JOIN ledger.providers v USING (provider_id)
WHERE d.run_id = $1 AND p.voided IS NULL AND d.line_no = ANY($2::int[])
UNION ALL
SELECT q.line_no, 'proven by ' || f.provider || ' to be ' || q.amount, 32767
FROM ledger.proof_outcomes q JOIN ledger.pins p USING (run_id, pin_no) JOIN ledger.proofs f USING (proof_id)
WHERE q.run_id = $1 AND p.voided IS NULL AND q.line_no = ANY($2::int[])
UNION ALL
SELECT c.line_no, c.provider || ' says ' || c.amount, 32766
FROM ledger.cross_checks c JOIN ledger.pins p USING (run_id, pin_no)
WHERE c.run_id = $1 AND p.voided IS NULL AND c.line_no = ANY($2::int[]) AND c.amount IS NOT NULL
ORDER BY line_no, lane
"""


async def load_report(
    db: Database,
    run_id: int,
    *,
    exceptions_max: int,
    chain_names: dict[ChainId, str],
    proofs_owed: Callable[[ChainId], bool] = lambda _: False,
) -> Report:
    """The run as it stands; of a frozen one, totals, ratios and digest as they were published. ``proofs_owed`` as in
    `unfinished`. Raises LookupError.
    """
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        run = await load_run(connection, run_id)
        head = await connection.fetchrow(_HEAD, run_id)
        assert head is not None
        assets, networks = await totals_of(connection, run)
        owed = await owed_of(connection, run_id)
        found = await load_findings(connection, list_id=run.list_id, statement_id=run.statement_id, run_id=run_id)
        ratios = await _stored_ratios(connection, run_id)
        ownership = await ownership_of(connection, run)
        proofs = await summaries_of(connection, run_id)
        missing = await unfinished(connection, run, proofs, proofs_owed=proofs_owed)
        pins = await pins_of(connection, run_id)
        if run.state is not RunState.FROZEN:
            assets += owed_but_unlisted(assets, owed.liabilities)
            ratios = reserve_ratios(counted(assets, ownership), owed.liabilities, owed.backing)
            apart = None if owed.statement_id is None else moment_finding(moments(owed.as_of, pins))
            found += () if apart is None else (apart,)  # kept with the run when it is frozen
        return Report(
            run_id=run_id,
            exchange=run.exchange,
            as_of=run.as_of,
            state=run.state,
            list_name=run.list_name,
            list_sha256=run.list_sha256,
            list_format=head["format"],
            lines=head["lines"],
            accepted=head["accepted"],
            rejected=head["rejected"],
            rejected_unassigned=await connection.fetchval(_UNASSIGNED, run.list_id),
            statement_sha256=owed.sha256,
            commitment=owed.commitment,
            liabilities_as_of=owed.as_of,
            pins=tuple(pins),
            providers=tuple(ProviderUse(**row) for row in await connection.fetch(_PROVIDERS, run_id)),
            asset_totals=tuple(assets),
            network_totals=tuple(networks),
            ratios=tuple(ratios),
            exceptions=await _exceptions(connection, run, exceptions_max),
            causes=await causes_of(connection, run),
            exceptions_count=await connection.fetchval(_EXCEPTIONS_COUNT, run_id, run.list_id),
            findings=tuple(dict.fromkeys([*found, *missing, *await unchecked_of(connection, run)])),
            readings_digest=head["readings_digest"] or await digest_of(connection, run_id),
            code_version=head["code_version"],
            chain_names=chain_names,
            proofs=proofs,
            witnessed=await witnessed_of(connection, run),
            liabilities=owed.liabilities,
            check=owed.check,
            restated=await restated_of(connection, owed.statement_id),
            locked=await locked_of(connection, run),
            reconciled=await reconciled_of(connection, run),
            ownership=ownership,
        )


async def _stored_ratios(connection: Connection, run_id: int) -> list[ReserveRatio]:
    return [
        ReserveRatio(**{**row, "backing": Backing(row["backing"])}) for row in await connection.fetch(_RATIOS, run_id)
    ]


async def _exceptions(connection: Connection, run: RunInfo, limit: int) -> tuple[ExceptionRow, ...]:
    rows = await connection.fetch(_EXCEPTIONS, run.run_id, run.list_id, limit)
    disputed = [row["line_no"] for row in rows if row["status"] == RowStatus.DISPUTED]
    said: defaultdict[int, list[str]] = defaultdict(list)
    if disputed:
        for row in await connection.fetch(_WITNESSES, run.run_id, disputed):
            said[row["line_no"]].append(row["said"])
    return tuple(_exception(row, said) for row in rows)


def _exception(row: asyncpg.Record, said: defaultdict[int, list[str]]) -> ExceptionRow:
    witnesses = ", ".join(said[row["line_no"]]) if row["line_no"] in said else row["reason"]
    return ExceptionRow(
        line_no=row["line_no"],
        asset=row["asset"] or "",  # a rejected line whose asset could not be read
        chain=row["chain"],
        address=row["address"],
        status=RowStatus(row["status"]),
        claimed=row["claimed"],
        observed=row["observed"],
        decimals=row["decimals"],
        reason=witnesses,
        explained=row["explained"],
        residue=row["residue"],
        before=_before(row),
    )


def _before(row: asyncpg.Record) -> ReadingBefore | None:
    if row["before_run"] is None:
        return None
    return ReadingBefore(row["before_run"], row["before_height"], row["explained_before"], row["residue_before"])
