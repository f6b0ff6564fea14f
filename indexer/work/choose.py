"""Which run a command means: the one named, or the newest of an exchange."""

from __future__ import annotations

from indexer.model.run import RunInfo
from indexer.store import runs
from indexer.store.database import Database


class NoSuchRun(LookupError):
    """Nothing has been planned yet for what was asked."""


async def choose_run(db: Database, *, run_id: int | None, exchange: str | None) -> RunInfo:
    """Raises NoSuchRun. Without either argument: the newest run of all."""
    if run_id is not None:
        for run in await runs.list_runs(db):
            if run.run_id == run_id:
                return run
        raise NoSuchRun(f"there is no run {run_id}; `assay status` lists them")
    run_or_none = await runs.latest_run(db, exchange)
    if run_or_none is None:
        whose = f" of {exchange}" if exchange else ""
        raise NoSuchRun(f"there is no run{whose} yet; start with `assay audit` or `assay import`")
    return run_or_none
