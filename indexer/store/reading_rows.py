"""Readings as rows of COPY's binary format, written by numpy. Pure; the columns are those of ledger.readings.

A row is the number of its fields, and of each its length and its bytes, big-endian. Every reading with an amount has a
row of one length (see store/numerics.py); those with a reason instead are few, and are written one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from chains.amounts import PackedAmounts
from chains.types import Failure
from indexer.store.numerics import digits_of
from indexer.store.text import plain

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_PIECE = 4_000


class Source(NamedTuple):
    """What all readings of a shard have in common, in the order of the columns."""

    run_id: int
    lane: int
    pin_no: int
    provider_id: int
    block_id: int


AMOUNT_COLUMNS = (*Source._fields, "line_no", "amount")
FAILURE_COLUMNS = (*Source._fields, "line_no", "reason", "detail")
_SOURCE = struct.Struct(">h" + "ii" + "ih" * 2 + "ii" * 2)


def amount_rows(source: Source, line_nos: npt.NDArray[np.int32], amounts: PackedAmounts) -> Iterator[bytes]:
    """A whole COPY of AMOUNT_COLUMNS, in pieces, so that the server works meanwhile."""
    digits = digits_of(amounts)
    width = digits.shape[1]
    row = np.dtype(
        [
            ("source", f"V{_SOURCE.size}"),
            *((name, ">i4") for name in ("line_size", "line_no", "amount_size")),
            *((name, ">i2") for name in ("digits", "weight", "sign", "dscale")),
            ("amount", ">i2", (width,)),
        ]
    )
    rows = np.zeros(len(amounts), row)
    rows["source"] = np.void(_source(source, fields=len(AMOUNT_COLUMNS)))
    rows["line_size"], rows["line_no"] = 4, line_nos
    rows["amount_size"] = row["amount"].itemsize + 8
    rows["digits"], rows["weight"] = width, width - 1
    rows["amount"] = digits
    if amounts.missing:
        rows = np.delete(rows, list(amounts.missing))
    yield HEADER
    for start in range(0, len(rows), _PIECE):
        yield rows[start : start + _PIECE].tobytes()
    yield TRAILER


def failure_rows(source: Source, line_nos: npt.NDArray[np.int32], failures: Mapping[int, Failure]) -> Iterator[bytes]:
    """A whole COPY of FAILURE_COLUMNS."""
    head = _source(source, fields=len(FAILURE_COLUMNS))
    yield HEADER
    for index, failure in failures.items():
        line = struct.pack(">ii", 4, line_nos[index])
        yield b"".join((head, line, _text(failure.reason.value), _text(plain(failure.detail))))
    yield TRAILER


def _source(source: Source, *, fields: int) -> bytes:
    run_id, lane, pin_no, provider_id, block_id = source
    return _SOURCE.pack(fields, 4, run_id, 2, lane, 2, pin_no, 4, provider_id, 4, block_id)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">i", len(data)) + data
