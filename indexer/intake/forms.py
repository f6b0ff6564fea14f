"""How the lines of a list follow each other: CSV with totals blocks and headers, or one JSON object a line."""

from __future__ import annotations

import json
from typing import NoReturn, Protocol

from indexer.core.names import Names
from indexer.intake.errors import BadList, Refused
from indexer.intake.findings import Findings
from indexer.intake.instruments import Instruments
from indexer.intake.layouts import Layout, is_totals_header, looks_like_header, plain_layout, row_layout, split_cells
from indexer.intake.rows import RowReader
from indexer.intake.totals import Heights, Totals
from indexer.model.claims import DeclaredTotal, RejectReason, ReserveClaim
from indexer.model.findings import Severity


class Form(Protocol):
    name: str

    def read(self, line_no: int, text: str) -> ReserveClaim | None:
        """The claim of a data line; None for blank lines, headers and totals. Raises Refused."""
        ...

    def declared(self, names: Names) -> tuple[DeclaredTotal, ...]:
        """The totals the list declares; asked once, after its last line. Raises BadList where it never had rows."""
        ...


def form_of(first: str, instruments: Instruments, findings: Findings) -> Form:
    """The form that the first line with text announces. Raises BadList."""
    start = first.lstrip("\ufeff \t")
    if start.startswith("{"):
        return JsonLines(instruments, findings)
    if start.startswith("["):
        raise BadList("a JSON array: write one object per line")
    try:
        cells = split_cells(first)
    except Refused as error:
        raise BadList(f"the first line is no header: {error.detail}") from None
    if row_layout(cells) or is_totals_header(cells):
        return CsvLines(instruments, findings)
    if looks_like_header(cells):
        raise BadList(f"unknown columns: {', '.join(cell.strip()[:40] for cell in cells[:20])}")
    raise BadList("the first line is no header of a known list")


class CsvLines:
    """Totals blocks and address rows in any order; each header says what follows it."""

    def __init__(self, instruments: Instruments, findings: Findings) -> None:
        self.name = ""
        self._instruments = instruments
        self._findings = findings
        self._heights = Heights(findings)
        self._totals = Totals(self._heights)
        self._totals_width: int | None = None  # set inside a totals block
        self._rows: RowReader | None = None

    def read(self, line_no: int, text: str) -> ReserveClaim | None:
        cells = split_cells(text)
        try:
            if self._totals_width is None and self._rows is not None:
                return self._rows.claim(line_no, cells)
        except Refused:
            if self._is_structure(line_no, cells):
                return None
            raise
        if self._is_structure(line_no, cells):
            return None
        if self._totals_width is None:
            raise Refused(RejectReason.COLUMNS, "no known header stands over this row")
        self._totals.add(line_no, cells, self._totals_width)
        return None

    def declared(self, names: Names) -> tuple[DeclaredTotal, ...]:
        if not self.name:
            raise BadList("only a totals block: no header of address rows")
        return self._totals.declared(self._instruments, names, self._findings)

    def _is_structure(self, line_no: int, cells: list[str]) -> bool:
        """Blank lines and headers. A header switches the layout. Raises Refused for an unknown one: nothing can be read
        under it."""
        if not any(cell.strip() for cell in cells):
            return True
        if is_totals_header(cells):
            self._totals_width = sum(1 for cell in cells if cell.strip())
            return True
        layout = row_layout(cells)
        if layout is not None:
            self._switch(line_no, layout)
            return True
        if looks_like_header(cells):
            self._rows, self._totals_width = None, None
            self._findings.add(Severity.EXCEPTION, "unknown-header", "rows under it cannot be read", line_no)
            raise Refused(RejectReason.COLUMNS, "an unknown header")
        return False

    def _switch(self, line_no: int, layout: Layout) -> None:
        self._totals_width = None
        if self._rows is not None and self._rows.layout == layout:
            return
        if not self.name:
            self.name = layout.name
        else:
            detail = f"the columns change inside the file to those of {layout.name}"
            self._findings.add(Severity.WARNING, "header-change", detail, line_no)
        self._rows = RowReader(layout, self._instruments, self._heights)


class _Token(str):
    """A JSON number as written: never a float."""

    __slots__ = ()


class JsonLines:
    """One object per line: ``network``, ``asset``, ``address``, and ``amount`` and ``height`` where known."""

    def __init__(self, instruments: Instruments, findings: Findings) -> None:
        self.name = "plain-jsonl"
        self._instruments = instruments
        self._heights = Heights(findings)
        self._readers: dict[tuple[str, ...], RowReader] = {}
        self._decoder = json.JSONDecoder(
            object_pairs_hook=tuple, parse_float=_Token, parse_int=_Token, parse_constant=_no_number
        )

    def read(self, line_no: int, text: str) -> ReserveClaim | None:
        text = text.strip("\ufeff \t")
        if not text:
            return None
        if not text.startswith("{"):
            raise Refused(RejectReason.COLUMNS, "not a JSON object")
        try:
            pairs = self._decoder.decode(text)
        except (ValueError, RecursionError):
            raise Refused(RejectReason.COLUMNS, "not valid JSON") from None
        keys = tuple(key for key, _ in pairs)
        reader = self._readers.get(keys)
        if reader is None:
            reader = RowReader(plain_layout(keys, name=self.name), self._instruments, self._heights)
            self._readers[keys] = reader
        return reader.claim(line_no, [_cell(key, value) for key, value in pairs])

    def declared(self, names: Names) -> tuple[DeclaredTotal, ...]:
        return ()


def _cell(key: str, value: object) -> str:
    allowed = (str, _Token) if key in ("amount", "height") else (str,)
    if type(value) not in allowed:
        raise Refused(RejectReason.COLUMNS, f"{key!r} must be text" + (" or a number" if len(allowed) > 1 else ""))
    assert isinstance(value, str)
    return value


def _no_number(token: str) -> NoReturn:
    raise ValueError(token)
