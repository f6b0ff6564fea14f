"""What a published list says of ownership, row by row, in constant memory: messages, signatures, keys and owners.

Balances and heights are not read here, and addresses are judged by the schemes: a row that the audit would refuse for
its address still gets its verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec

from chains.ownership.types import OwnershipClaim, cell
from indexer.intake.errors import BadList, Refused
from indexer.intake.layouts import Layout, is_totals_header, looks_like_header, row_layout, split_cells
from indexer.intake.lines import excerpt, text_blocks, text_of
from indexer.intake.source import ByteSource
from indexer.model.claims import RejectedLine, RejectReason

_IN_HEADERS = tuple(
    re.compile(rb"%b(?<![a-z]%b)" % (word, word)) for word in (b"coin", b"asset", b"digital", b"network")
)
"""Every header has a cell that begins with one of these, known or not (and no row of Bitcoin has one for its name),"""
_BEYOND_ASCII = ("\ufeff".encode(), "\N{KELVIN SIGN}".encode())
"""or is written with what readers of headers leave out, or take for a k: nothing else becomes a letter of ASCII."""
_AFTER_MESSAGE = 5  # signature1, signature2, redeem script, eoa1, eoa2: as many of them as the layout has
_AUDIT = (3, 4, 6, 7, 8)  # signedMessage, signedMessage2, publicKey, owner1, owner2


class SignedRow(msgspec.Struct, frozen=True):
    """One row. ``amount`` is published text, None where the list has none; ``base_units`` is how it is written."""

    line_no: int
    coin: str
    network: str
    amount: str | None
    base_units: bool
    claim: OwnershipClaim


class Under(NamedTuple):
    """A header, and what picks the cells of a row that stands under it (see `_picked`)."""

    layout: Layout
    pick: Callable[[list[str]], tuple[str, ...]]


Line = SignedRow | RejectedLine


class Piece(NamedTuple):
    """Lines that stand under one header, unread, with their ends, which any process can read (see `lines_of`).

    ``ready``: what was read already, where a line might be a header. A piece has one of the two.
    """

    first_line_no: int
    last_line_no: int
    under: Under | None
    text: bytes = b""
    ready: tuple[Line, ...] = ()


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

    def __iter__(self) -> Iterator[Line]:
        for piece in self.pieces():
            yield from lines_of(piece)

    def pieces(self) -> Iterator[Piece]:
        """The whole list in its order, cut so that only headers, and what may be one, are read here."""
        line_no = 1
        for block in text_blocks(self._source):
            for text, maybe_header in _runs(block, all_maybe=not self._begun):
                next_no = line_no + _count(text)
                if maybe_header or not self._begun:
                    lines = enumerate(text.splitlines(), line_no)
                    ready = tuple(line for at, raw in lines if (line := self._line(at, raw)))
                    if ready:
                        yield Piece(line_no, next_no - 1, None, ready=ready)
                elif not self._totals:
                    yield Piece(line_no, next_no - 1, self._under, text)
                line_no = next_no
        if not self._headed:
            raise BadList(f"{self._file_name}: no header of address rows")

    def _line(self, line_no: int, line: bytes) -> Line | None:
        try:
            cells = split_cells(text_of(line))
            if (self._under is None or self._totals or not _is_row(cells, self._under.layout)) and (
                self._is_structure(cells) or self._totals
            ):
                return None
            return _row(line_no, cells, self._under)
        except Refused as error:
            if not self._begun:
                raise BadList(f"{self._file_name}: line {line_no}: {error.detail}, before any header") from None
            return _refused(line_no, line, error)

    def _is_structure(self, cells: list[str]) -> bool:
        """As in forms.py: a header switches the layout, and under an unknown one nothing can be read."""
        if _is_blank(cells):
            return True
        layout = row_layout(cells)
        if layout is not None:
            self._under, self._totals = Under(layout, _picked(layout)), False
            self._begun = self._headed = True
            return True
        if is_totals_header(cells):
            self._totals = self._begun = True
            return True
        if looks_like_header(cells):
            self._under, self._totals = None, False
            raise Refused(RejectReason.COLUMNS, "an unknown header")
        return False


def lines_of(piece: Piece) -> Iterator[Line]:
    """The rows and refused lines of a piece, in order. Pure."""
    yield from piece.ready
    for line_no, raw in enumerate(piece.text.splitlines(), piece.first_line_no):
        if not raw:
            continue
        try:
            cells = split_cells(text_of(raw))
            if not _is_blank(cells):
                yield _row(line_no, cells, piece.under)
        except Refused as error:
            yield _refused(line_no, raw, error)


def _runs(block: bytes, *, all_maybe: bool) -> Iterator[tuple[bytes, bool]]:
    """The block in runs of lines that are surely no headers, and single lines that may be some."""
    if not all_maybe and not _may_be_header(block):
        yield block, False
        return
    run: list[bytes] = []
    for line in block.splitlines(keepends=True):
        maybe = _may_be_header(line)
        if run and maybe:
            yield b"".join(run), False
            run = []
        if maybe:
            yield line, True
        else:
            run.append(line)
    if run:
        yield b"".join(run), False


def _may_be_header(text: bytes) -> bool:
    """Whether lines must be read as text to know."""
    lower = text.lower()
    return any(word.search(lower) for word in _IN_HEADERS) or (
        not text.isascii() and any(sign in text for sign in _BEYOND_ASCII)
    )


def _count(text: bytes) -> int:
    """How many lines `bytes.splitlines` finds."""
    if b"\r" in text:
        return len(text.splitlines())
    return text.count(b"\n") + (not text.endswith(b"\n"))


def _refused(line_no: int, line: bytes, error: Refused) -> RejectedLine:
    return RejectedLine(line_no, error.reason, excerpt(error.detail), excerpt(line), None, None)


def _is_blank(cells: list[str]) -> bool:
    return not cells[0].strip("\ufeff \t") and not any(each.strip("\ufeff \t") for each in cells)


def _is_row(cells: list[str], layout: Layout) -> bool:
    return len(cells) in (layout.width, layout.short) and cells[layout.address].strip().lower() != "address"


def _picked(layout: Layout) -> Callable[[list[str]], tuple[str, ...]]:
    """Coin, network, amount, address, message, signature1, signature2, script or key, owner1, owner2: each the cell
    behind the last one where the layout has no such column.
    """
    signed: tuple[int, ...] = ()
    if layout.name == "okx-audit":
        signed = _AUDIT
    elif layout.message is not None:
        signed = tuple(range(layout.message + 1, min(layout.width, layout.message + 1 + _AFTER_MESSAGE)))
    named = (layout.coin, layout.network, layout.amount, layout.address, layout.message)
    absent = [None] * (_AFTER_MESSAGE - len(signed))
    return itemgetter(*(layout.width if at is None else at for at in (*named, *signed, *absent)))


def _row(line_no: int, cells: list[str], under: Under | None) -> SignedRow:
    """Raises Refused."""
    if under is None:
        raise Refused(RejectReason.COLUMNS, "no known header stands over this row")
    layout, pick = under
    if not _is_row(cells, layout):
        raise Refused(RejectReason.COLUMNS, f"{len(cells)} columns where the header has {layout.width}")
    cells += [""] * (layout.width + 1 - len(cells))
    coin, network, amount, address, message, first, second, script, owner1, owner2 = pick(cells)
    claim = OwnershipClaim(
        address.strip(),
        message,
        cell(first),
        second and cell(second),  # most of these are empty
        script and cell(script),
        owner1 and cell(owner1),
        owner2 and cell(owner2),
    )
    published = None if layout.amount is None else amount
    return SignedRow(line_no, coin.strip(), network.strip(), published, layout.base_units, claim)
