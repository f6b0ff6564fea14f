"""`assay audit`, and each of its steps as a command of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from indexer.cli import show
from indexer.cli.errors import BadArgument
from indexer.cli.session import audit_session
from indexer.report.outcome import Outcome, outcome_of
from indexer.store.locks import single_writer
from indexer.work.choose import choose_run
from indexer.work.endpoints import endpoints_of
from indexer.work.publication import PublishedFiles
from indexer.work.verify import verify_proofs as verify_kept_proofs

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON document for machines.")]
Exchange = Annotated[str, Parameter(help="The exchange's name, as in config or your own.")]
WhichExchange = Annotated[str | None, Parameter(name="--exchange", help="The newest run of this exchange.")]
WhichRun = Annotated[int | None, Parameter(name="--run", help="The run's number.")]
Liabilities = Annotated[Path | None, Parameter(help="Statement of liabilities: CSV, JSON or TOML.")]
Committed = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--commitment",
        consume_multiple=True,
        help="Files (or directories) of what the liabilities were committed to; verified, and joined to the ratios.",
    ),
]
AsOf = Annotated[
    str | None,
    Parameter(help="ISO time with zone; used where the list gives no height. Default: the final block now."),
]
Out = Annotated[Path | None, Parameter(help="Also write report.json, report.html and the tables as CSV here.")]


def register(app: App) -> None:
    for command in (audit, plan, sweep, status, ratio, report):
        app.command(command)
    app.command(verify_proofs, name="verify-proofs")
    app.command(import_, name="import")


def parse_as_of(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"--as-of: {text!r} is no ISO time") from None
    if when.tzinfo is None:
        raise BadArgument(f"--as-of: {text!r} has no time zone; write for example {text}+00:00 or {text}Z")
    return when


async def audit(
    list_path: Path,
    *,
    exchange: Exchange,
    liabilities: Liabilities = None,
    commitment: Committed = (),
    as_of: AsOf = None,
    fresh: Annotated[bool, Parameter(negative=(), help="Start a new run even if this list has a frozen one.")] = False,
    out: Out = None,
    json: Json = False,
) -> int:
    """Import, plan, sweep, reconcile, prove, aggregate and report, in one go. Run it again to resume.

    Parameters
    ----------
    list_path
        The published address list (OKX layouts, HTX, Binance, plain CSV or JSONL).
    """
    when = parse_as_of(as_of)
    async with audit_session(as_json=json, online=True) as (session, _), single_writer(session.db, exchange):
        _, run = await session.begin(
            PublishedFiles(exchange, list_path, liabilities, commitment), as_of=when, fresh=fresh
        )
        result = await session.carry_out(run)
        show.report(result, as_json=json, out=out)
        return outcome_of(result)


async def import_(
    list_path: Path,
    *,
    exchange: Exchange,
    liabilities: Liabilities = None,
    commitment: Committed = (),
    as_of: AsOf = None,
    fresh: Annotated[bool, Parameter(negative=(), help="Start a new run even if this list has a frozen one.")] = False,
    json: Json = False,
) -> int:
    """Read a published list (and liabilities) into the store and open a run for it; asks no chain."""
    when = parse_as_of(as_of)
    async with audit_session(as_json=json, online=False) as (session, _), single_writer(session.db, exchange):
        files = PublishedFiles(exchange, list_path, liabilities, commitment)
        published, run = await session.begin(files, as_of=when, fresh=fresh)
        show.imported(published, run, as_json=json)
    return Outcome.COMPLETE


async def plan(*, run: WhichRun = None, exchange: WhichExchange = None, json: Json = False) -> int:
    """Pin a block per network and published height, and cut the claims into shards."""
    async with audit_session(as_json=json, online=True) as (session, _):
        chosen = await choose_run(session.db, run_id=run, exchange=exchange)
        async with single_writer(session.db, chosen.exchange):
            await session.plan(chosen)
            unpinned = await show.progress(session.db, chosen, as_json=json)
    return Outcome.INCOMPLETE if unpinned else Outcome.COMPLETE


async def sweep(*, run: WhichRun = None, exchange: WhichExchange = None, json: Json = False) -> int:
    """Read the balances that are still missing, follow transfers where only now can be read, and prove a sample.

    SIGTERM finishes what is in hand; run again to resume.
    """
    async with audit_session(as_json=json, online=True) as (session, _):
        chosen = await choose_run(session.db, run_id=run, exchange=exchange)
        async with single_writer(session.db, chosen.exchange):
            result = await session.carry_out(chosen)
            await show.progress(session.db, chosen, as_json=json, asked=endpoints_of(session.lanes))
    return outcome_of(result)


async def status(*, run: WhichRun = None, exchange: WhichExchange = None, json: Json = False) -> int:
    """Every run, or the progress of one: pins, shards, what went wrong last."""
    async with audit_session(as_json=json, online=False) as (session, _):
        if run is None and exchange is None:
            await show.runs_table(session.db, as_json=json)
        else:
            chosen = await choose_run(session.db, run_id=run, exchange=exchange)
            await show.progress(session.db, chosen, as_json=json)
    return Outcome.COMPLETE


async def ratio(*, run: WhichRun = None, exchange: WhichExchange = None, json: Json = False) -> int:
    """Reserve ratios of a run, with their coverage."""
    async with audit_session(as_json=json, online=False) as (session, _):
        chosen = await choose_run(session.db, run_id=run, exchange=exchange)
        result = await session.report(chosen.run_id)
        show.ratios(result, as_json=json)
        return outcome_of(result)


async def report(*, run: WhichRun = None, exchange: WhichExchange = None, out: Out = None, json: Json = False) -> int:
    """The whole report of a run, on screen or as files."""
    async with audit_session(as_json=json, online=False) as (session, _):
        chosen = await choose_run(session.db, run_id=run, exchange=exchange)
        result = await session.report(chosen.run_id)
        show.report(result, as_json=json, out=out)
        return outcome_of(result)


async def verify_proofs(*, run: WhichRun = None, exchange: WhichExchange = None, json: Json = False) -> int:
    """Verify the kept proofs of a run again, offline, against the hashes of its blocks. Code 1 if any does not hold."""
    async with audit_session(as_json=json, online=False) as (session, _):
        chosen = await choose_run(session.db, run_id=run, exchange=exchange)
        checks = await verify_kept_proofs(session.db, session.settings, chosen.run_id)
    show.proof_checks(checks, as_json=json)
    return Outcome.DISCREPANCIES if any(check.wrong for check in checks) else Outcome.COMPLETE
