"""Readings as rows of COPY's binary format, written by numpy. Pure; the columns are those of ledger.readings.

A row is the number of its fields, and of each its length and its bytes, big-endian. Readings with an
amount have rows of one length (see store/numerics.py); those with a reason instead are few, and are written one by one.
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
_PIECE = 1_000


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
    """A whole COPY of AMOUNT_COLUMNS, in pieces: the server works while the next one is written."""
    head = _source(source, fields=len(AMOUNT_COLUMNS)) + struct.pack(">i", 4)
    yield HEADER
    for start in range(0, len(amounts), _PIECE):
        yield _amount_piece(head, line_nos[start : start + _PIECE], amounts.part(start, start + _PIECE))
    yield TRAILER


def _amount_piece(head: bytes, line_nos: npt.NDArray[np.int32], amounts: PackedAmounts) -> bytes:
    digits = digits_of(amounts)
    width = digits.shape[1]
    numeric = struct.pack(">i4h", 8 + 2 * width, width, width - 1, 0, 0)  # size; digits, weight, sign, scale
    row = np.dtype(
        [("head", f"V{len(head)}"), ("line_no", ">i4"), ("numeric", f"V{len(numeric)}"), ("digits", ">i2", (width,))]
    )
    rows = np.frombuffer(bytearray(head + bytes(4) + numeric + bytes(2 * width)) * len(amounts), row)
    rows["line_no"] = line_nos
    rows["digits"] = digits
    if amounts.missing:
        rows = np.delete(rows, list(amounts.missing))
    return rows.tobytes()


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
