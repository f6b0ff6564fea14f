"""Publishing a run: everything is proved, written and closed in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from indexer.model.result import ReserveRatio, Total
from indexer.model.run import RunState
from indexer.store.database import Database
from indexer.store.results.digest import digest_of
from indexer.store.results.totals import computed
from indexer.store.runs.opening import load_run

if TYPE_CHECKING:
    from indexer.store.database import Connection


class NotFinished(RuntimeError):
    """Something is still unread: the run cannot be published."""


_UNPINNED = """
SELECT count(*) FROM ledger.runs r
JOIN ledger.list_groups g USING (list_id)
JOIN ledger.instruments i USING (list_id, instrument_no)
WHERE r.run_id = $1 AND i.unsupported IS NULL AND NOT EXISTS (
    SELECT FROM ledger.pins p WHERE p.run_id = r.run_id AND p.chain = i.chain AND p.voided IS NULL
        AND p.hash IS NOT NULL AND p.height_claimed IS NOT DISTINCT FROM g.height
)
"""
_UNREAD = "SELECT count(*) FROM ledger.shards WHERE run_id = $1 AND state NOT IN ('done', 'void')"
_UNPROVEN = """
SELECT (
    SELECT COALESCE(sum(cardinality(s.top_lines) + cardinality(s.drawn_lines)), 0)
    FROM ledger.proof_samples s JOIN ledger.pins p USING (run_id, pin_no)
    WHERE s.run_id = $1 AND p.voided IS NULL
) - (
    SELECT count(*) FROM ledger.proof_outcomes q JOIN ledger.pins p USING (run_id, pin_no)
    WHERE q.run_id = $1 AND p.voided IS NULL
)
"""
_UNCHECKED = """
SELECT EXISTS (SELECT FROM ledger.signature_verdicts WHERE run_id = $1)
    AND NOT EXISTS (SELECT FROM ledger.signature_checks WHERE run_id = $1)
"""
_KEYS = "SELECT COALESCE(sum(keys), 0) FROM ledger.shards WHERE run_id = $1 AND state = 'done'"
_READINGS = """
SELECT count(*) FROM ledger.readings d JOIN ledger.pins p USING (run_id, pin_no)
WHERE d.run_id = $1 AND p.voided IS NULL
"""
# The index proves that nothing was written twice; from here on, nothing is written at all.
_CLOSE = """
CREATE UNIQUE INDEX readings_{0}_key ON ledger.readings_{0} (line_no, lane, pin_no);
CREATE TRIGGER frozen BEFORE INSERT ON ledger.readings_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('the run is published');
ANALYZE ledger.readings_{0};
"""
_COUNTS = (
    "verified", "mismatch", "observed", "disputed", "unpinned", "unavailable", "unsupported", "rejected", "duplicates",
)  # fmt: skip
_INSERT_TOTAL = """
INSERT INTO ledger.{table} (run_id, asset, scale, claimed, low, high, complete, verified, mismatch, observed, disputed,
    unpinned, unavailable, unsupported, rejected, duplicates{chain})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16{value})
"""
_INSERT_RATIO = """
INSERT INTO ledger.reserve_ratios (run_id, position, asset, scale, liabilities, attested, low_ppm, high_ppm,
    attested_low_ppm, attested_high_ppm, backing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def freeze(
    db: Database, run_id: int, *, now: datetime, totals: Sequence[Total], ratios: Sequence[ReserveRatio]
) -> None:
    """Publish the run. ``totals`` are the ones per asset that the ratios were made from: those of `totals`, and
    totals of zero rows for assets that are owed but not listed.

    Raises NotFinished unless every supported key has a reading or a named failure from each of its witnesses, and every
    row chosen to be proven an outcome; or when ``totals`` are not what the readings come to. A frozen run stays as it
    is.
    """
    async with db.transaction() as connection:
        await connection.execute("SELECT FROM ledger.runs WHERE run_id = $1 FOR UPDATE", run_id)
        run = await load_run(connection, run_id)
        if run.state is RunState.FROZEN:
            return
        await _check_finished(connection, run_id)
        await connection.execute(_CLOSE.format(run_id))
        assets, networks = await computed(connection, run)
        if [total for total in totals if total.coverage.rows + total.coverage.duplicates] != assets:
            raise NotFinished(f"the totals handed in are not those of the readings of run {run_id}")
        for total in totals:
            await _insert_total(connection, run_id, total)
        for total in networks:
            await _insert_total(connection, run_id, total)
        for position, ratio in enumerate(ratios):
            await _insert_ratio(connection, run_id, position, ratio)
        digest = await digest_of(connection, run_id)
        await connection.execute(
            "UPDATE ledger.runs SET state = 'frozen', frozen = $2, readings_digest = $3 WHERE run_id = $1",
            run_id,
            now,
            digest,
        )


async def _check_finished(connection: Connection, run_id: int) -> None:
    unpinned: int = await connection.fetchval(_UNPINNED, run_id)
    unread: int = await connection.fetchval(_UNREAD, run_id)
    if unpinned or unread:
        raise NotFinished(f"run {run_id}: {unpinned} groups without a block, {unread} shards unread")
    if unproven := await connection.fetchval(_UNPROVEN, run_id):
        raise NotFinished(f"run {run_id}: {unproven} rows were chosen to be proven and have no outcome")
    if await connection.fetchval(_UNCHECKED, run_id):
        raise NotFinished(f"run {run_id}: its signatures are not checked to the end")
    keys = await connection.fetchval(_KEYS, run_id)
    readings = await connection.fetchval(_READINGS, run_id)
    assert readings == keys, f"run {run_id} has {readings} readings for {keys} keys"


async def _insert_total(connection: Connection, run_id: int, total: Total) -> None:
    coverage = total.coverage
    values = (run_id, total.asset, total.scale, total.claimed, total.low, total.high, coverage.complete)
    counts = tuple(getattr(coverage, name) for name in _COUNTS)
    if total.chain is None:
        await connection.execute(_INSERT_TOTAL.format(table="asset_totals", chain="", value=""), *values, *counts)
    else:
        sql = _INSERT_TOTAL.format(table="network_totals", chain=", chain", value=", $17")
        await connection.execute(sql, *values, *counts, total.chain)


async def _insert_ratio(connection: Connection, run_id: int, position: int, ratio: ReserveRatio) -> None:
    await connection.execute(
        _INSERT_RATIO,
        run_id,
        position,
        ratio.asset,
        ratio.scale,
        ratio.liabilities,
        ratio.attested,
        ratio.low_ppm,
        ratio.high_ppm,
        ratio.attested_low_ppm,
        ratio.attested_high_ppm,
        str(ratio.backing),
    )
