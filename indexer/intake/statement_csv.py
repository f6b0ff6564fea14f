"""A statement written as CSV: ``asset,amount[,attested][,custodian][,source]`` under ``# scheme: ...`` lines."""

from __future__ import annotations

import csv
from typing import Any

from indexer.intake.errors import BadStatement

_NOTES = ("scheme", "root", "covers", "as_of")
_COLUMNS = ("asset", "amount", "attested", "custodian", "source")
_OPTIONAL = ("attested", "source")  # an empty cell attests nothing, and owes to customers


def table_of_csv(text: str) -> dict[str, Any]:
    """The same nested table as a JSON or TOML statement. Raises BadStatement naming the line."""
    notes: dict[str, str] = {}
    header: list[str] | None = None
    rows: list[dict[str, str]] = []
    for line_no, line in enumerate(text.splitlines(), 1):
        if not line.strip(" \t,"):
            continue
        if line.lstrip().startswith("#"):
            _note(notes, line, line_no)
            continue
        cells = _cells(line, line_no)
        if header is None:
            header = _header(cells, line_no)
            continue
        if len(cells) != len(header):
            raise BadStatement(f"line {line_no}: {len(cells)} columns where the header has {len(header)}")
        row = dict(zip(header, cells, strict=True))
        rows.append({column: cell for column, cell in row.items() if cell or column not in _OPTIONAL})
    table: dict[str, Any] = {"liability": rows}
    if "as_of" in notes:
        table["as_of"] = notes["as_of"]
    commitment: dict[str, Any] = {key: notes[key] for key in ("scheme", "root") if key in notes}
    if "covers" in notes:
        commitment["covers"] = [source.strip() for source in notes["covers"].split(",")]
    if commitment:
        table["commitment"] = commitment
    return table


def _note(notes: dict[str, str], line: str, line_no: int) -> None:
    key, colon, value = line.strip(" \t,#").partition(":")
    key = key.strip().lower()
    if not colon or key not in _NOTES:
        raise BadStatement(f"line {line_no}: a # line is one of {', '.join(f'# {note}: ...' for note in _NOTES)}")
    if key in notes:
        raise BadStatement(f"line {line_no}: {key} is stated twice")
    notes[key] = value.strip()


def _header(cells: list[str], line_no: int) -> list[str]:
    header = [cell.lower() for cell in cells]
    for column in header:
        if column not in _COLUMNS:
            raise BadStatement(f"line {line_no}: unknown column {column[:60]!r}")
    if len(set(header)) != len(header):
        raise BadStatement(f"line {line_no}: the same column twice")
    return header


def _cells(line: str, line_no: int) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise BadStatement(f"line {line_no}: {error}") from None
