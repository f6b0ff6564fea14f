"""Whether liabilities and reserves are of one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from indexer.model.findings import Finding, Severity
from indexer.model.run import Pin

APART_MAX = timedelta(hours=3)
"""The block nearest to a moment can be an hour or two from it (Bitcoin); another day's snapshot cannot be this near."""


class Moments(NamedTuple):
    """``first`` and ``last`` are the times of the blocks that were read; None where no block has a time."""

    liabilities: datetime | None
    first: datetime | None
    last: datetime | None

    @property
    def apart(self) -> bool | None:
        """Whether some balance was read at another moment than the liabilities are of; None where that is unknown."""
        if self.liabilities is None or self.first is None or self.last is None:
            return None
        return max(abs(self.first - self.liabilities), abs(self.last - self.liabilities)) > APART_MAX


def moments(liabilities: datetime | None, pins: Iterable[Pin]) -> Moments:
    times = [pin.block.time for pin in pins if pin.block is not None and pin.block.time is not None]
    return Moments(liabilities, min(times, default=None), max(times, default=None))


def moment_finding(of: Moments) -> Finding | None:
    """The warning that a ratio is not one of a single moment, or that nobody can tell; None where there is none yet."""
    if of.liabilities is None:
        detail = "the statement does not say of which moment it is: its ratios may compare two different days"
        return Finding(Severity.WARNING, "as-of-unknown", detail)
    if not of.apart or of.first is None or of.last is None:
        return None
    read = f"{of.first:%Y-%m-%d %H:%M} to {of.last:%Y-%m-%d %H:%M}"
    detail = f"liabilities are as of {of.liabilities:%Y-%m-%d %H:%M %Z}, balances were read at blocks of {read}"
    return Finding(Severity.WARNING, "as-of-differs", detail)
