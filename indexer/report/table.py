"""The report for people at a terminal, as rich renderables, and as plain text where there is none.

Outside text is only ever put into ``Text``, never parsed as markup, and its control characters are escaped.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from indexer.model.result import Coverage, Report
from indexer.report import figures
from indexer.report.facts import facts
from indexer.report.figures import (
    INCOMPLETE,
    AssetLine,
    Standing,
    asset_lines,
    coverage_text,
    printable,
    ratio_text,
    standing,
    unassigned_text,
    verdict,
)
from indexer.report.liabilities import marks, tone
from indexer.report.outcome import Outcome, outcome_of
from indexer.report.section import Amount, Cell, Code, Observed, Rows, Section, Words
from indexer.report.sections import sections

PLAIN_WIDTH = 200
_STANDING = {Standing.SHORT: "bad", Standing.OPEN: "open", Standing.COVERED: "good", Standing.NONE: ""}
_TONE = {"bad": "bold red", "open": "yellow", "good": "green", "soft": "dim", "strong": "bold", "": ""}
_OUTCOME = {Outcome.COMPLETE: "bold green", Outcome.DISCREPANCIES: "bold red", Outcome.INCOMPLETE: "bold yellow"}


def report_table(report: Report, *, exceptions_max: int = 20) -> Group:
    """The whole report. ``exceptions_max`` rows are shown; how many there are is always said."""
    parts: list[RenderableType] = [_header(report), ratios_table(report)]
    for section in sections(report, exceptions_max=exceptions_max):
        parts += _section(section)
    parts.append(_verdict(report))
    return Group(*parts)


def ratios_table(report: Report) -> Group:
    """Per asset: what is claimed, observed and owed, the ratio, and the rows it all rests on."""
    columns = ("asset", "ratio", "", "observed", "claimed", "liabilities", "attested", "with attested", "coverage")
    rows = [_asset_cells(report, line) for line in asset_lines(report)]
    kept = [at for at, column in enumerate(columns) if not rows or any(row[at].plain for row in rows)]
    table = _table("Reserves and liabilities", [columns[at] for at in kept])
    for row in rows:
        table.add_row(*(row[at] for at in kept))
    warning = unassigned_text(report)
    return Group(table, Text(warning, style="bold yellow")) if warning else Group(table)


def plain_text(renderable: RenderableType, *, width: int = PLAIN_WIDTH) -> str:
    """The renderable without colour or control codes, no line wider than ``width``."""
    buffer = io.StringIO()
    Console(file=buffer, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(renderable)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _header(report: Report) -> Group:
    grid = Table.grid(padding=(0, 2))
    about = [("exchange", report.exchange), ("as of", f"{report.as_of:%Y-%m-%d %H:%M:%S %Z}"), *facts(report)]
    for label, value in about:
        grid.add_row(_text(label, "dim"), _text(value))
    return Group(_verdict(report), grid)


def _verdict(report: Report) -> Text:
    outcome = outcome_of(report)
    return Text(verdict(report, discrepancies=outcome is Outcome.DISCREPANCIES), style=_OUTCOME[outcome])


def _asset_cells(report: Report, line: AssetLine) -> list[Text]:
    total, ratio, where = line.total, line.ratio, standing(line)
    remarks = [str(where)] if where in (Standing.SHORT, Standing.OPEN) else []
    remarks += [mark.text for mark in marks(report, line)]
    style = _TONE[tone(report, line, _STANDING[where])]
    owed = [Text(), Text(), Text()]
    if ratio is not None:
        owed[0] = _cell(Amount(ratio.liabilities, ratio.scale))
    if ratio is not None and ratio.attested:
        owed[1:] = [_cell(Amount(ratio.attested, ratio.scale)), _text(ratio_text(line, attested=True))]
    return [
        _text(total.asset, "bold"),
        Text(ratio_text(line).replace(f"{INCOMPLETE} ", f"{INCOMPLETE}\n"), style=style),
        Text("\n".join(map(printable, remarks)), style=style, overflow="fold"),
        _cell(Observed(total)),
        _cell(Amount(total.claimed, total.scale)),
        *owed,
        _cell(Rows(total.coverage)),
    ]


def _section(section: Section) -> list[RenderableType]:
    parts: list[RenderableType] = [_text(section.title, "bold"), *(_text(note, "dim") for note in section.notes)]
    if not section.rows:
        return [*parts, Text()]
    table = _table("", section.columns)
    for row in section.rows:
        table.add_row(*map(_cell, row))
    return [*parts, table]


def _cell(cell: Cell) -> Text:
    match cell:
        case str() | int():
            return _text(str(cell))
        case Words(text, tone):
            return _text(text, _TONE[tone])
        case Code(text, may_shorten):
            return _text(_ends(text) if may_shorten else text)
        case Amount(value, scale):
            return _text(figures.amount(value, scale))
        case Observed(total):
            return _text(figures.observed(total), "" if total.coverage.complete else "yellow")
        case Rows(coverage):
            return _coverage(coverage)


def _ends(full: str) -> str:
    """Enough of a hash to compare by eye; JSON and HTML keep all of it."""
    return full if len(full) <= 18 else f"{full[:10]}…{full[-6:]}"


def _coverage(coverage: Coverage) -> Text:
    words = coverage_text(coverage)
    return _text(words) if coverage.complete else _text(f"{INCOMPLETE}: {words}", "yellow")


def _text(value: str, style: str = "") -> Text:
    return Text(printable(value), style=style, overflow="fold")


def _table(title: str, columns: Sequence[str]) -> Table:
    shown = Text(title, style="bold") if title else None
    table = Table(title=shown, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
