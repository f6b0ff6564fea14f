"""`assay refresh`: for cron. Does what is due, once, and nothing when nothing is due."""

from __future__ import annotations

from cyclopts import App

from indexer.cli import show
from indexer.cli.audits import Json
from indexer.cli.progress import Console
from indexer.cli.session import audit_session
from indexer.intake import BadList, BadStatement
from indexer.report.outcome import Outcome, outcome_of
from indexer.store.locks import AlreadyRunning, single_writer
from indexer.work.audit import Audit
from indexer.work.publication import PublishedFiles
from indexer.work.refresh import due_audits

_WORST_FIRST = (Outcome.DISCREPANCIES, Outcome.BAD_INPUT, Outcome.INCOMPLETE, Outcome.ALREADY_RUNNING, Outcome.COMPLETE)


def register(app: App) -> None:
    app.command(refresh)


async def refresh(*, json: Json = False) -> int:
    """Audit every exchange in config whose newest publication is not audited yet.

    Safe to call at any time and after any failure; a second call while one is running stops with code 4. The exit
    code is the worst of the audits made: discrepancies, bad input, incomplete, complete.
    """
    done: list[tuple[PublishedFiles, Outcome]] = []
    async with audit_session(as_json=json, online=True) as (session, console), single_writer(session.db, "refresh"):
        for due in await due_audits(session.db, session.settings.exchanges.values()):
            if session.stop.is_set():
                break
            done.append((due, await _audit(session, console, due)))
        show.refreshed(done, as_json=json)
    return min((outcome for _, outcome in done), key=_WORST_FIRST.index, default=Outcome.COMPLETE)


async def _audit(session: Audit, console: Console, due: PublishedFiles) -> Outcome:
    """One exchange's fault must not keep the others from being audited."""
    try:
        async with single_writer(session.db, due.exchange):
            _, run = await session.begin(due)
            return outcome_of(await session.carry_out(run))
    except (BadList, BadStatement) as error:
        console.note(f"{due.exchange}: {due.list_path.name}: {error}")
        return Outcome.BAD_INPUT
    except AlreadyRunning as error:
        console.note(f"{due.exchange}: {error}")
        return Outcome.ALREADY_RUNNING
