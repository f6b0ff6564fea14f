"""The program: its commands, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import cast

import cyclopts
import orjson
import uvloop

from chains.redact import redact
from indexer.cli import audits, inspect, liabilities, ownership, refresh, stark
from indexer.cli.errors import BadArgument
from indexer.intake import BadList, BadStatement
from indexer.report.outcome import Outcome
from indexer.settings import SettingsError
from indexer.store.database import DatabaseUnavailable
from indexer.store.locks import AlreadyRunning
from indexer.work.choose import NoSuchRun

EXIT_HELP = """Exit codes: 0 complete and matching, 1 discrepancies, 2 bad input, 3 incomplete (run the same command
again), 4 already running, 70 a fault of Assay's own."""

INTERNAL_ERROR = 70

app = cyclopts.App(
    name="assay",
    help="Does an exchange hold what it owes? An on-chain reserve auditor.",
    help_epilogue=EXIT_HELP,
    version=f"assay {version('assay')}",
)
audits.register(app)
refresh.register(app)
inspect.register(app)
liabilities.register(app)
stark.register(app)
ownership.register(app)

_EXPECTED: tuple[tuple[type[Exception], Outcome], ...] = (
    (SettingsError, Outcome.BAD_INPUT),
    (BadList, Outcome.BAD_INPUT),
    (BadStatement, Outcome.BAD_INPUT),
    (BadArgument, Outcome.BAD_INPUT),
    (NoSuchRun, Outcome.BAD_INPUT),
    (AlreadyRunning, Outcome.ALREADY_RUNNING),
    (DatabaseUnavailable, Outcome.INCOMPLETE),
    (FileNotFoundError, Outcome.BAD_INPUT),
    (IsADirectoryError, Outcome.BAD_INPUT),
    (PermissionError, Outcome.BAD_INPUT),
    (OSError, Outcome.INCOMPLETE),  # a full disk, a vanished mount: nothing is lost, run again
)


def run(tokens: Sequence[str]) -> int:
    """Run one command line; returns its exit code and never raises."""
    as_json = "--json" in tokens
    try:
        return uvloop.run(_dispatch(tokens))
    except cyclopts.CycloptsError:
        return Outcome.BAD_INPUT  # cyclopts has printed it
    except KeyboardInterrupt:
        return Outcome.INCOMPLETE
    except Exception as error:
        for kind, outcome in _EXPECTED:
            if isinstance(error, kind):
                _say(error, as_json=as_json)
                return outcome
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
        return INTERNAL_ERROR


async def _dispatch(tokens: Sequence[str]) -> int:
    code = await app.run_async(list(tokens), exit_on_error=False, result_action="return_value")
    return cast(int, code) if code is not None else Outcome.COMPLETE


def _say(error: Exception, *, as_json: bool) -> None:
    text = redact(str(error))
    if as_json:
        print(orjson.dumps({"error": {"kind": type(error).__name__, "message": text}}).decode())
    else:
        sys.stderr.write(f"assay: {text}\n")


def main() -> None:
    sys.exit(int(run(sys.argv[1:])))
