"""Progress on standard error: bars on a terminal, a plain line now and then elsewhere, nothing for machines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from chains.adapter import Step
from chains.redact import redact
from chains.types import ChainId
from indexer.model.run import Pin

PLAIN_EVERY_S = 5.0


class Console:
    """An Observer that draws. Standard output stays free for the result."""

    def __init__(self, *, quiet: bool, bars: Progress | None) -> None:
        self._quiet, self._bars = quiet, bars
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}
        self._of: dict[str, int] = {}
        self._said_at: dict[str, float] = {}
        self._problems: set[tuple[str, str]] = set()

    def note(self, text: str) -> None:
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.console.print(redact(text), style="dim", markup=False, highlight=False)
        else:
            sys.stderr.write(redact(text) + "\n")

    def imported(self, lines: int) -> None:
        self._advance("import", lines, unit="lines")

    def verified(self, rows: int) -> None:
        self._advance("verify", rows, unit="rows")

    def counted(self, name: str, count: int, *, unit: str) -> None:
        """So many more of something without a total known in advance."""
        self._advance(name, count, unit=unit)

    def pinned(self, pin: Pin, keys: int) -> None:
        self._of[pin.chain] = self._of.get(pin.chain, 0) + keys
        if self._bars is not None and pin.chain in self._tasks:
            self._bars.update(self._tasks[pin.chain], total=self._of[pin.chain])
        if pin.block is None:
            self.note(f"{pin.chain}: not pinned: {pin.problem}")
        else:
            self.note(f"{pin.chain}: {keys} keys pinned at {pin.block.height} {pin.block.hash}")

    def reading(self, chain: ChainId, provider: str, step: Step) -> None:
        name = f"{chain} {step.what} of {provider}"
        found = f", {step.found}" if step.found else ""
        if self._bars is not None:
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(name)
            self._bars.update(self._tasks[name], total=step.of, completed=step.done, description=f"{name}{found}")
        elif not self._quiet and self._is_due(name, last=step.done == step.of):
            percent = 100 * step.done // max(1, step.of)
            sys.stderr.write(f"{name}: {percent} % of {step.of:,} {step.unit}{found}\n")

    def read(self, chain: ChainId, keys: int) -> None:
        self._advance(chain, keys, unit="keys")

    def problem(self, chain: ChainId, text: str) -> None:
        if (chain, text) not in self._problems:
            self._problems.add((chain, text))
            self.note(f"{chain}: {text}")

    def _advance(self, name: str, count: int, *, unit: str) -> None:
        if self._quiet:
            return
        self._done[name] = self._done.get(name, 0) + count
        if self._bars is not None:
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(name, total=self._of.get(name))
            self._bars.advance(self._tasks[name], count)
            return
        total = self._of.get(name)
        if self._is_due(name, last=self._done[name] == total):
            of = f" of {total}" if total is not None else ""
            sys.stderr.write(f"{name}: {self._done[name]}{of} {unit}\n")

    def _is_due(self, name: str, *, last: bool) -> bool:
        now = time.monotonic()
        if not last and now - self._said_at.get(name, 0.0) < PLAIN_EVERY_S:
            return False
        self._said_at[name] = now
        return True


@contextmanager
def console_for(*, as_json: bool) -> Iterator[Console]:
    if as_json or not sys.stderr.isatty():
        yield Console(quiet=as_json, bars=None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as bars:
        yield Console(quiet=False, bars=bars)
