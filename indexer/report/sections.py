"""The sections of a report, in the order in which an auditor needs them: told once, drawn by every rendering.

The verdict and the ratios stand before them (table.py, html.py). First what is wrong or weak, then what is owed, then
what was read, where, from whom, and how far it is shown to be so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexer.model.result import Report
from indexer.model.run import Pin
from indexer.report import ownership_run
from indexer.report.beside import LOCKED_RULE, RECONCILED_RULE, counted_text, reconciled_text
from indexer.report.exceptions import causes, exceptions
from indexer.report.figures import network_name
from indexer.report.findings import counts_text, grouped
from indexer.report.liabilities_sections import liabilities
from indexer.report.proofs_section import proofs
from indexer.report.section import Amount, Cell, Code, Observed, Rows, Section, Words


def sections(report: Report, *, exceptions_max: int) -> Iterator[Section]:
    """Those in which anything is said. ``exceptions_max`` rows are listed; how many there are is always said."""
    found = [
        causes(report),
        _findings(report),
        exceptions(report, exceptions_max),
        *liabilities(report),
        _networks(report),
        _blocks(report),
        *_ownership(report),
        _locked(report),
        _reconciled(report),
        proofs(report),
        _providers(report),
    ]
    return (section.compact() for section in found if section.rows or section.notes)


def _findings(report: Report) -> Section:
    said = grouped(report.findings, report.chain_names)
    tones = {"exception": "bad", "warning": "open", "note": "soft"}
    rows = [(Words(each.severity, tones[each.severity]), each.kind, each.lines_text, each.text) for each in said]
    return Section(f"Findings: {counts_text(said)}", ("severity", "kind", "lines", "detail"), rows)


def _networks(report: Report) -> Section:
    rows = [
        (
            network_name(report, total.chain),
            total.asset,
            Observed(total),
            Amount(total.claimed, total.scale),
            Rows(total.coverage),
        )
        for total in report.network_totals
    ]
    return Section("Networks", ("network", "asset", "observed", "claimed", "coverage"), rows)


def _blocks(report: Report) -> Section:
    columns = ("network", "claimed height", "read at", "block hash", "time", "remark")
    return Section("Blocks the balances were read at", columns, [_block(report, pin) for pin in report.pins])


def _block(report: Report, pin: Pin) -> Sequence[Cell]:
    name, claimed = network_name(report, pin.chain), "" if pin.height_claimed is None else pin.height_claimed
    remark = Words(
        "; ".join(filter(None, ("live: at or after this block" if pin.live else "", pin.problem))),
        "open" if pin.problem else "",
    )
    if pin.block is None:
        return name, claimed, Words("no block", "open"), "", "", remark
    when = "" if pin.block.time is None else f"{pin.block.time:%Y-%m-%d %H:%M:%S %Z}"
    return name, claimed, pin.block.height, Code(pin.block.hash, may_shorten=True), when, remark


def _ownership(report: Report) -> Iterator[Section]:
    summary = report.ownership
    if summary is None:
        return
    rows: list[Sequence[Cell]] = [
        (*cells[:-1], Words(cells[-1], "" if part.counts else "open"))
        for part, cells in zip(summary.held, ownership_run.rows(summary), strict=True)
        if summary.judged
    ]
    yield Section("Ownership of the addresses", ownership_run.COLUMNS, rows, ownership_run.statements(summary))


def _locked(report: Report) -> Section:
    rows = [
        (part.asset, str(part.liquidity), part.rows, Amount(part.amount, part.scale), counted_text(part))
        for part in report.locked
    ]
    columns = ("asset", "class", "rows", "amount", "in the observed total")
    return Section("Locked coins", columns, rows, [LOCKED_RULE] if rows else [])


def _reconciled(report: Report) -> Section:
    rows = [
        (
            network_name(report, part.chain),
            part.asset,
            Words(reconciled_text(part), "open" if part.matching_rows < part.rows else ""),
        )
        for part in report.reconciled
    ]
    columns = ("network", "asset", "by the transfers in between")
    return Section("Read later than claimed", columns, rows, [RECONCILED_RULE] if rows else [])


def _providers(report: Report) -> Section:
    rows = [(network_name(report, use.chain), use.provider, use.operator, use.readings) for use in report.providers]
    return Section("Providers asked", ("network", "provider", "operator", "readings"), rows)
