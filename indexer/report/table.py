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

from indexer.model.control import OwnershipSummary
from indexer.model.findings import Severity
from indexer.model.result import Coverage, Report
from indexer.model.run import Pin
from indexer.report import ownership_run
from indexer.report.beside import LOCKED_RULE, RECONCILED_RULE, counted_text, reconciled_text, why_text
from indexer.report.figures import (
    INCOMPLETE,
    AssetLine,
    Standing,
    amount,
    asset_lines,
    coverage_text,
    network_name,
    observed,
    printable,
    ratio_text,
    standing,
    unassigned_text,
    verdict,
    witnessed_text,
)
from indexer.report.findings import by_network
from indexer.report.liabilities import marks, tone, when_text
from indexer.report.liabilities_table import liabilities_parts
from indexer.report.outcome import Outcome, outcome_of
from indexer.report.proofs import detection_text, proven_text, reasons_text, sample_text, seed_text

PLAIN_WIDTH = 200
_STANDING = {Standing.SHORT: "bad", Standing.OPEN: "open", Standing.COVERED: "good", Standing.NONE: ""}
_TONE = {"bad": "bold red", "open": "bold yellow", "good": "green", "": ""}
_OUTCOME = {Outcome.COMPLETE: "bold green", Outcome.DISCREPANCIES: "bold red", Outcome.INCOMPLETE: "bold yellow"}
_SEVERITY = {Severity.NOTE: "", Severity.WARNING: "yellow", Severity.EXCEPTION: "bold red"}


def report_table(report: Report, *, exceptions_max: int = 20) -> Group:
    """The whole report. ``exceptions_max`` rows are shown; how many there are is always said."""
    parts: list[RenderableType] = [_header(report), ratios_table(report)]
    parts += [*liabilities_parts(report), _networks(report), _pins(report)]
    if report.ownership is not None:
        parts.append(_ownership(report.ownership))
    if report.locked:
        parts.append(_locked(report))
    if report.reconciled:
        parts.append(_reconciled(report))
    if report.proofs:
        parts.append(_proofs(report))
    if report.exceptions_count:
        parts.append(_exceptions(report, exceptions_max))
    if report.findings:
        parts.append(_findings(report))
    if report.providers:
        parts.append(_providers(report))
    parts.append(_verdict(report))
    return Group(*parts)


def ratios_table(report: Report) -> Group:
    """Per asset: what is claimed, observed and owed, the ratio, and the rows it all rests on."""
    columns = ("asset", "ratio", "", "observed", "claimed", "liabilities", "attested", "with attested", "coverage")
    table = _table("Reserves and liabilities", *columns)
    for line in asset_lines(report):
        table.add_row(*_asset_cells(report, line))
    warning = unassigned_text(report)
    return Group(table, Text(warning, style="bold yellow")) if warning else Group(table)


def plain_text(renderable: RenderableType, *, width: int = PLAIN_WIDTH) -> str:
    """The renderable without colour or control codes, no line wider than ``width``."""
    buffer = io.StringIO()
    Console(file=buffer, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(renderable)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _header(report: Report) -> Group:
    rows: list[tuple[str, str]] = [
        ("exchange", report.exchange),
        ("as of", report.as_of.isoformat(sep=" ")),
        ("run", f"{report.run_id} ({report.state})"),
        ("list", f"{report.list_name} ({report.list_format})"),
        ("", f"sha256 {report.list_sha256}"),
        ("lines", f"{report.lines} = {report.accepted} accepted + {report.rejected} rejected"),
        ("liabilities", _statement(report)),
        ("asked twice", witnessed_text(report)),
    ]
    grid = Table.grid(padding=(0, 2))
    for label, value in rows:
        grid.add_row(Text(label, style="dim"), Text(printable(value), overflow="fold"))
    return Group(_verdict(report), grid)


def _statement(report: Report) -> str:
    if report.statement_sha256 is None:
        return "no statement: there are no ratios"
    stated = f"{when_text(report)}; sha256 {report.statement_sha256}"
    if report.commitment is not None and report.commitment.root:
        stated += f", {report.commitment.scheme} root {report.commitment.root}"
    return stated


def _verdict(report: Report) -> Text:
    outcome = outcome_of(report)
    return Text(verdict(report, discrepancies=outcome is Outcome.DISCREPANCIES), style=_OUTCOME[outcome])


def _asset_cells(report: Report, line: AssetLine) -> list[Text]:
    total, ratio, where = line.total, line.ratio, standing(line)
    remarks = [str(where)] if where in (Standing.SHORT, Standing.OPEN) else []
    remarks += [mark.text for mark in marks(report, line)]
    style = _TONE[tone(report, line, _STANDING[where])]
    return [
        _text(total.asset, "bold"),
        Text(ratio_text(line).replace(f"{INCOMPLETE} ", f"{INCOMPLETE}\n"), style=style),
        Text("\n".join(map(printable, remarks)), style=style, overflow="fold"),
        _text(observed(total), "" if total.coverage.complete else "yellow"),
        _text(amount(total.claimed, total.scale)),
        _text("" if ratio is None else amount(ratio.liabilities, ratio.scale)),
        _text("" if ratio is None else amount(ratio.attested, ratio.scale)),
        _text("" if ratio is None or ratio.attested == 0 else ratio_text(line, attested=True)),
        _coverage(total.coverage),
    ]


def _ownership(summary: OwnershipSummary) -> Group:
    table = _table("Ownership", *ownership_run.COLUMNS)
    for part, cells in zip(summary.held, ownership_run.rows(summary), strict=True):
        table.add_row(*(_text(cell, "" if part.counts else "bold yellow") for cell in cells))
    return Group(table, *(_text(said) for said in ownership_run.statements(summary)))


def _networks(report: Report) -> Table:
    table = _table("Networks", "network", "asset", "observed", "claimed", "coverage")
    for total in report.network_totals:
        table.add_row(
            _text(network_name(report, total.chain)),
            _text(total.asset, "bold"),
            _text(observed(total), "" if total.coverage.complete else "yellow"),
            _text(amount(total.claimed, total.scale)),
            _coverage(total.coverage),
        )
    return table


def _pins(report: Report) -> Table:
    table = _table("Blocks", "network", "claimed height", "read at", "hash", "time", "")
    for pin in report.pins:
        claimed = "" if pin.height_claimed is None else str(pin.height_claimed)
        table.add_row(_text(network_name(report, pin.chain)), _text(claimed), *_block(pin))
    return table


def _block(pin: Pin) -> list[Text]:
    remark = "; ".join(filter(None, ("live: at or after this block" if pin.live else "", pin.problem)))
    if pin.block is None:
        return [_text("no block", "bold yellow"), Text(), Text(), _text(remark, "yellow")]
    when = "" if pin.block.time is None else pin.block.time.isoformat(sep=" ")
    style = "yellow" if pin.problem else ""
    return [_text(str(pin.block.height)), _text(short_hash(pin.block.hash)), _text(when), _text(remark, style)]


def short_hash(full: str) -> str:
    """Enough of a hash to compare by eye; JSON and HTML keep all of it."""
    return full if len(full) <= 18 else f"{full[:10]}…{full[-6:]}"


def _locked(report: Report) -> Group:
    table = _table("Locked coins", "asset", "class", "rows", "amount", "in the observed total")
    for part in report.locked:
        table.add_row(
            _text(part.asset, "bold"),
            _text(part.liquidity.value),
            _text(str(part.rows)),
            _text(amount(part.amount, part.scale)),
            _text(counted_text(part)),
        )
    return Group(table, _text(LOCKED_RULE, "dim"))


def _reconciled(report: Report) -> Group:
    table = _table("Read later than claimed", "network", "asset", "by the transfers in between")
    for part in report.reconciled:
        style = "yellow" if part.matching_rows < part.rows else ""
        cells = _text(network_name(report, part.chain)), _text(part.asset, "bold")
        table.add_row(*cells, _text(reconciled_text(part), style))
    return Group(table, _text(RECONCILED_RULE, "dim"))


def _proofs(report: Report) -> Table:
    columns = ("network", "token", "height", "sample", "result", "what that means")
    table = _table(f"Proofs ({printable(seed_text(report.proofs))})", *columns)
    for proof in report.proofs:
        wrong = proof.differing_rows or proof.contradicted_rows
        table.add_row(
            _text(network_name(report, proof.chain)),
            _text(f"{proof.asset} {proof.instrument}"),
            _text(str(proof.height)),
            _text(sample_text(proof)),
            _text("" if proof.unproven is not None else proven_text(proof), "bold red" if wrong else ""),
            _text("; ".join(filter(None, (detection_text(proof), reasons_text(proof))))),
        )
    return table


def _exceptions(report: Report, shown_max: int) -> Group:
    shown = report.exceptions[:shown_max]
    title = f"Exceptions: {len(shown)} of {report.exceptions_count}"
    table = _table(title, "line", "asset", "network", "address", "status", "claimed", "observed", "why")
    for row in shown:
        table.add_row(
            _text(str(row.line_no)),
            _text(row.asset, "bold"),
            _text(network_name(report, row.chain)),
            _text(row.address),
            _text(row.status.value, "bold red" if row.status in ("mismatch", "disputed") else "yellow"),
            _text(amount(row.claimed, row.decimals)),
            _text(amount(row.observed, row.decimals)),
            _text(why_text(row)),
        )
    return Group(table)


def _findings(report: Report) -> Table:
    table = _table("Findings", "severity", "kind", "line", "detail")
    for found in by_network(report.findings, report.chain_names):
        line = "" if found.line_no is None else str(found.line_no)
        table.add_row(
            _text(found.severity.value, _SEVERITY[found.severity]), _text(found.kind), _text(line), _text(found.detail)
        )
    return table


def _providers(report: Report) -> Table:
    table = _table("Providers", "network", "provider", "operator", "readings")
    for use in report.providers:
        cells: Sequence[str] = (network_name(report, use.chain), use.provider, use.operator, str(use.readings))
        table.add_row(*map(_text, cells))
    return table


def _coverage(coverage: Coverage) -> Text:
    words = coverage_text(coverage)
    return _text(words) if coverage.complete else _text(f"{INCOMPLETE}: {words}", "yellow")


def _text(value: str, style: str = "") -> Text:
    return Text(printable(value), style=style, overflow="fold")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
