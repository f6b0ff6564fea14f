"""Cells of a CSV file that no spreadsheet runs, rounds or misreads (the rules stand in csvout.py)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from indexer.core.amounts import format_amount
from indexer.report.figures import UNKNOWN

DIGITS_SAFE = 15
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def text(value: str) -> str:
    """A text cell no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_RUNS) else value


def number(value: int | None, scale: int | None) -> str:
    """A plain decimal, rounded down to 15 significant digits."""
    if value is None or scale is None:
        return UNKNOWN
    excess = max(0, len(str(value)) - DIGITS_SAFE)
    return format_amount(value // 10**excess * 10**excess, decimals=scale)


def exact(value: int | None) -> str:
    """All digits, as a text that is no number to a spreadsheet."""
    return UNKNOWN if value is None else f"{value} base units"


def pair(value: int | None, scale: int | None) -> list[str]:
    return [number(value, scale), exact(value)]


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        assert len(row) == len(header)
        writer.writerow(row)
    return buffer.getvalue().encode()
