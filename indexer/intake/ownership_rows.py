"""What a published list says of ownership, row by row, in constant memory: messages, signatures, keys and owners.

Balances and heights are not read here, and addresses are judged by the schemes: a row that the audit would refuse for
its address still gets its verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from chains.ownership.types import OwnershipClaim, cell
from indexer.intake.errors import BadList, Refused
from indexer.intake.layouts import Layout, is_totals_header, looks_like_header, row_layout, split_cells
from indexer.intake.lines import excerpt, line_blocks, text_of
from indexer.intake.source import ByteSource
from indexer.model.claims import RejectedLine, RejectReason

_AFTER_MESSAGE = 5  # signature1, signature2, redeem script, eoa1, eoa2: as many of them as the layout has
_AUDIT = (3, 4, 6, 7, 8)  # signedMessage, signedMessage2, publicKey, owner1, owner2


class SignedRow(NamedTuple):
    """One row. ``amount`` is published text, None where the list has none; ``base_units`` is how it is written."""

    line_no: int
    coin: str
    network: str
    amount: str | None
    base_units: bool
    claim: OwnershipClaim


class Under(NamedTuple):
    """A header, and which cells make a claim: address, message, then those that may be absent."""

    layout: Layout
    claim: tuple[int, ...]


def open_signed(path: Path) -> SignedList:
    """Raises BadList, here or while it is read; OSError where there is no file."""
    return SignedList(ByteSource(path), path.name)


class SignedList:
    """Iterate once: each data line is a row or a refused line, in the order of the file."""

    def __init__(self, source: ByteSource, file_name: str) -> None:
        self._source = source
        self._file_name = file_name
        self._under: Under | None = None
        self._totals = False
        self._begun = False  # a known header of any sort was seen
        self._headed = False  # one of address rows

    @property
    def sha256(self) -> str:
        """Of the file as published; final once it was read to its end."""
        return self._source.sha256

    def __iter__(self) -> Iterator[SignedRow | RejectedLine]:
        line_no = 0
        for line in chain.from_iterable(line_blocks(self._source)):
            line_no += 1
            if not line:
                continue
            try:
                row = self._read(line_no, text_of(line))
            except Refused as error:
                if not self._begun:
                    raise BadList(f"{self._file_name}: line {line_no}: {error.detail}, before any header") from None
                yield RejectedLine(line_no, error.reason, excerpt(error.detail), excerpt(line), None, None)
            else:
                if row is not None:
                    yield row
        if not self._headed:
            raise BadList(f"{self._file_name}: no header of address rows")

    def _read(self, line_no: int, text: str) -> SignedRow | None:
        """None for blank lines, headers and totals. Raises Refused."""
        cells = split_cells(text)
        under = self._under
        if under is None or self._totals or not _is_row(cells, under.layout):
            if self._is_structure(cells) or self._totals:
                return None
            columns = "no known header stands over this row"
            if under is not None:
                columns = f"{len(cells)} columns where the header has {under.layout.width}"
            raise Refused(RejectReason.COLUMNS, columns)
        return _row(line_no, cells, under)

    def _is_structure(self, cells: list[str]) -> bool:
        """As in forms.py: a header switches the layout, and under an unknown one nothing can be read."""
        if not any(each.strip("\ufeff \t") for each in cells):
            return True
        layout = row_layout(cells)
        if layout is not None:
            self._under, self._totals = Under(layout, _claim_columns(layout)), False
            self._begun = self._headed = True
            return True
        if is_totals_header(cells):
            self._totals = self._begun = True
            return True
        if looks_like_header(cells):
            self._under, self._totals = None, False
            raise Refused(RejectReason.COLUMNS, "an unknown header")
        return False


def _is_row(cells: list[str], layout: Layout) -> bool:
    return len(cells) in (layout.width, layout.short) and cells[layout.address].strip().lower() != "address"


def _claim_columns(layout: Layout) -> tuple[int, ...]:
    """Address and message, then signature1, signature2, script or key, owner1, owner2: as far as the layout goes."""
    if layout.message is None:
        return ()
    rest: tuple[int, ...] = _AUDIT
    if layout.name != "okx-audit":
        rest = tuple(range(layout.message + 1, min(layout.width, layout.message + 1 + _AFTER_MESSAGE)))
    return (layout.address, layout.message, *rest)


def _row(line_no: int, cells: list[str], under: Under) -> SignedRow:
    layout, columns = under
    network = "" if layout.network is None else cells[layout.network].strip()
    amount = None if layout.amount is None else cells[layout.amount]
    if columns:
        address, message, *rest = columns
        shown = [cell(cells[at]) for at in rest if at < len(cells)]
        claim = OwnershipClaim(cells[address].strip(), cells[message], *shown)
    else:
        claim = OwnershipClaim(cells[layout.address].strip(), "", "")
    return SignedRow(line_no, cells[layout.coin].strip(), network, amount, layout.base_units, claim)
