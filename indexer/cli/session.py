"""What most commands need: settings, an open database, open providers, and a stop signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chains.redact import register
from indexer import logs
from indexer.cli import show
from indexer.cli.progress import Console, console_for
from indexer.clock import SystemClock
from indexer.settings import Settings, load
from indexer.store.database import Database, open_database
from indexer.work.audit import Audit
from indexer.work.endpoints import endpoints_of, open_checkers, open_lanes


def settings_for(*, as_json: bool) -> Settings:
    """Load config, arm the redactor, set up logs. Raises SettingsError."""
    settings = load()
    for secret in settings.secrets():
        register(secret)
    logs.configure(as_json=as_json)
    return settings


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with open_database(dsn=settings.dsn, data_dir=settings.data_dir) as db:
        yield db


@asynccontextmanager
async def audit_session(*, as_json: bool, online: bool) -> AsyncIterator[tuple[Audit, Console]]:
    """An Audit with its database; with ``online`` also with open providers, and drained by SIGTERM or SIGINT."""
    settings = settings_for(as_json=as_json)
    stop = asyncio.Event()
    with console_for(as_json=as_json) as console:
        for warning in settings.warnings:
            console.note(warning)
        async with database(settings) as db, _draining(stop, enabled=online):
            providers = settings.providers if online else ()
            async with (
                open_lanes(providers, quorum=settings.policy.quorum) as lanes,
                open_checkers(providers) as checkers,
            ):
                yield Audit(db, settings, SystemClock(), console, lanes, stop, checkers), console
                asked = [*endpoints_of(lanes), *(endpoint for chain in checkers.values() for endpoint in chain)]
                for line in show.cost_lines(asked):
                    console.note(line)


@asynccontextmanager
async def _draining(stop: asyncio.Event, *, enabled: bool) -> AsyncIterator[None]:
    """The first SIGTERM or SIGINT lets the shards in hand finish; the second one ends the process as usual."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT) if enabled else ()

    def drain() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, drain)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
