"""The section on liabilities at a terminal: by source, the verdict about the commitment, restatements."""

from __future__ import annotations

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from indexer.model.result import Report
from indexer.report.figures import amount, printable
from indexer.report.liabilities import (
    WRONG,
    check_facts,
    committed_total,
    rejections,
    restated_lines,
    restated_text,
    when_text,
)


def liabilities_parts(report: Report) -> list[RenderableType]:
    """Nothing where the run has no statement."""
    if report.statement_sha256 is None:
        return []
    parts: list[RenderableType] = [_by_source(report)]
    if report.check is not None:
        parts.append(_verdict(report))
    if report.restated:
        parts.append(_restated(report))
    return parts


def _by_source(report: Report) -> Table:
    backing = {ratio.asset: ratio.backing for ratio in report.ratios}
    columns = ("asset", "owed to", "amount", "in the commitment", "attested", "custodian", "what stands behind it")
    table = _table(f"Liabilities: {when_text(report)}", *columns)
    for owed in report.liabilities:
        total, behind = committed_total(report, owed), backing.get(owed.asset)
        table.add_row(
            _text(owed.asset, "bold"),
            _text(str(owed.source)),
            _text(amount(owed.amount, owed.scale)),
            _text("" if total is None else amount(total.amount, total.scale)),
            _text(amount(owed.attested, owed.scale) if owed.attested else ""),
            _text(owed.custodian),
            _text("" if behind is None else str(behind), "bold red" if behind in WRONG else ""),
        )
    return table


def _verdict(report: Report) -> Table:
    assert report.check is not None
    verdict = report.check.verdict
    table = _table("Commitment", "", "")
    table.show_header = False
    for label, value in check_facts(report):
        table.add_row(_text(label, "dim"), _text(value))
    for said in rejections(verdict):
        table.add_row(_text("rejected", "dim"), _text(said, "red"))
    for sentence in verdict.not_proven:
        table.add_row(_text("not proven", "dim"), _text(sentence))
    return table


def _restated(report: Report) -> Table:
    names = ", ".join(f"{other.name} ({other.sha256[:12]})" for other in report.restated)
    title = f"Other statements for the same month: {names}"
    table = _table(title, "statement", "as of", "asset", "owed to", "amount there", "amount here", "")
    for line in restated_lines(report):
        here = "" if line.here is None else amount(line.here.amount, line.here.scale)
        table.add_row(
            _text(line.name),
            _text(line.as_of.isoformat(sep=" ")),
            _text(line.owed.asset, "bold"),
            _text(str(line.owed.source)),
            _text(amount(line.owed.amount, line.owed.scale)),
            _text(here),
            _text(restated_text(line)),
        )
    return table


def _text(value: str, style: str = "") -> Text:
    return Text(printable(value), style=style, overflow="fold")


def _table(title: str, *columns: str) -> Table:
    shown = Text(printable(title), style="bold")
    table = Table(title=shown, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
