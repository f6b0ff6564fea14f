"""`assay verify-ownership`: which rows of a published list its signatures prove."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event

from cyclopts import App

from indexer.cli import show
from indexer.cli.audits import Json
from indexer.cli.progress import console_for
from indexer.cli.session import settings_for
from indexer.model.ownership import CONSTANT_MESSAGE, OwnershipReport
from indexer.report import ownership as shown
from indexer.work.ownership import verify_list


def register(app: App) -> None:
    app.command(verify_ownership, name="verify-ownership")


async def verify_ownership(list_path: Path, *, json: Json = False) -> int:
    """Check every published signature against its address, key, script and owners; asks no chain.

    Exits 0 when every row is owned or owner-signed, 1 on any bad signature, 3 where rows carry no signature, use a
    scheme without a rule, or cannot be read.

    Parameters
    ----------
    list_path
        The published address list (OKX layouts, audit list, HTX), plain or gzip.
    """
    settings = settings_for(as_json=json)
    stop = Event()
    with console_for(as_json=json) as console:
        for warning in settings.warnings:
            console.note(warning)

        def progress(rows: int) -> None:
            if stop.is_set():  # the command was interrupted: end the thread, and with it the processes
                raise InterruptedError
            console.verified(rows)

        try:
            report = await asyncio.to_thread(
                verify_list,
                list_path,
                book=settings.ownership,
                names=settings.names,
                listed_max=settings.policy.exceptions_max,
                progress=progress,
            )
        finally:
            stop.set()
    if json:
        show.document(shown.ownership_object(report))
    else:
        _tables(report)
    return shown.ownership_outcome(report)


def _tables(report: OwnershipReport) -> None:
    print(f"{report.list_name}: {report.rows} rows, {report.refused} unread, sha256 {report.sha256}\n")
    show.table(shown.SCHEME_COLUMNS, shown.scheme_rows(report), as_json=False)
    print()
    show.table(shown.ASSET_COLUMNS, shown.asset_rows(report), as_json=False)
    print()
    if report.not_owned:
        show.table(shown.ROW_COLUMNS, shown.listed_rows(report), as_json=False)
        more = f"and {report.unlisted} more\n" if report.unlisted else ""
        print(more)
    print(CONSTANT_MESSAGE)
