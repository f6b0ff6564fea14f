"""The report as one page to hand over: no script, nothing fetched, printable, readable without colour.

Everything from outside is escaped in ``markup.py``; the page's own policy forbids scripts, and all styles but its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from indexer.model.result import Report, Total
from indexer.model.run import Pin
from indexer.report import ownership_run
from indexer.report.bar import ratio_bar
from indexer.report.beside import LOCKED_RULE, RECONCILED_RULE, counted_text, reconciled_text, why_text
from indexer.report.figures import (
    AssetLine,
    Standing,
    asset_lines,
    coverage_text,
    network_name,
    standing,
    unassigned_text,
    verdict,
    witnessed_text,
)
from indexer.report.findings import by_network
from indexer.report.liabilities import tone, when_text
from indexer.report.liabilities_html import liabilities_html, marks_html
from indexer.report.markup import Html, amount, incomplete, join, observed, ratio, table, tag, text
from indexer.report.outcome import Outcome, outcome_of
from indexer.report.page_style import FAVICON, STYLE
from indexer.report.proofs import detection_text, proven_text, reasons_text, sample_text, seed_text

EXCEPTIONS_MAX = 100
_CLASS = {Outcome.COMPLETE: "good", Outcome.DISCREPANCIES: "bad", Outcome.INCOMPLETE: "open"}
_STANDING = {Standing.COVERED: "good", Standing.SHORT: "bad", Standing.OPEN: "open", Standing.NONE: ""}
_READING = """Every figure is an exact sum of base units; ratios are rounded down, never up. Observed is what the chains
said at the blocks named below, claimed what the exchange published, attested what custodians state on paper.
Liabilities are what the exchange says it owes, unless what stands behind them is a commitment, recomputed from its
root. While any row is unresolved its asset is INCOMPLETE: the true total lies between the first figure (resolved rows
only) and the second (unresolved rows counted as claimed; ? where that is unknown). This page reports procedures and
findings; it expresses no opinion."""


def to_html(report: Report) -> str:
    """One HTML document."""
    title = f"Reserve report: {report.exchange}, {report.as_of:%Y-%m-%d}"
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    head = join(
        Html('<meta charset="utf-8">'),
        tag("meta", None, http_equiv="Content-Security-Policy", content=policy),
        tag("meta", None, name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", None, name="referrer", content="no-referrer"),
        tag("meta", None, name="color-scheme", content="light dark"),
        tag("title", text(title)),
        tag("link", None, rel="icon", href=FAVICON),
        Html(f"<style>{STYLE}</style>"),
    )
    body = tag(
        "main",
        join(
            _header(report),
            _assets(report),
            liabilities_html(report),
            _networks(report),
            _details(report),
            _footer(report),
        ),
    )
    return f'<!doctype html>\n<html lang="en">\n{tag("head", head)}\n{tag("body", body)}\n</html>\n'


def _header(report: Report) -> Html:
    outcome = outcome_of(report)
    said = verdict(report, discrepancies=outcome is Outcome.DISCREPANCIES)
    unread = unassigned_text(report)
    lines = f"{report.lines} = {report.accepted} accepted + {report.rejected} rejected"
    return join(
        tag("p", text("Reserve report"), class_="kicker"),
        tag("h1", text(report.exchange)),
        tag("p", text(f"as of {report.as_of:%Y-%m-%d %H:%M:%S %Z}"), class_="asof"),
        tag("p", text(said), class_=f"verdict {_CLASS[outcome]}"),
        tag("p", text(unread), class_="verdict open") if unread else Html(""),
        _facts(
            [
                ("List", f"{report.list_name} ({report.list_format})"),
                ("Lines", lines),
                ("List SHA-256", report.list_sha256),
                *_statement(report),
                ("Asked twice", witnessed_text(report)),
            ]
        ),
    )


def _statement(report: Report) -> list[tuple[str, str]]:
    if report.statement_sha256 is None:
        return [("Liabilities", "no statement: there are no ratios")]
    facts = [("Liabilities SHA-256", report.statement_sha256)]
    facts.append(("Liabilities", when_text(report)))
    if report.commitment is not None and report.commitment.root:
        facts.append((f"Commitment ({report.commitment.scheme})", report.commitment.root))
    return facts


def _facts(facts: Sequence[tuple[str, str]]) -> Html:
    pairs = [join(tag("dt", text(label)), tag("dd", text(value))) for label, value in facts]
    return tag("dl", join(*pairs))


def _assets(report: Report) -> Html:
    rows = [_asset(report, line) for line in asset_lines(report)]
    head = ("Asset", "Reserve ratio (mark: 100 %)", "Observed", "Claimed", "Liabilities", "Rows")
    return _section("Reserves and liabilities", table(head, rows, numeric=range(2, 5)))


def _asset(report: Report, line: AssetLine) -> list[Html]:
    where, owed = standing(line), line.ratio
    mark = tag("span", text(str(where)), class_=f"mark {_STANDING[where]}") if where in _MARKED else Html("")
    mark = join(mark, marks_html(report, line))
    liabilities = with_attested = Html("")
    if owed is not None:
        liabilities = amount(owed.liabilities, owed.scale)
        if owed.attested:
            said = join(text("attested "), amount(owed.attested, owed.scale))
            liabilities = join(liabilities, tag("span", said, class_="note"))
            with_attested = tag("span", join(text("with attested "), ratio(line, attested=True)), class_="note")
    shown = tag("span", ratio(line), class_=f"ratio {tone(report, line, _STANDING[where])}")
    cell = join(shown, mark, ratio_bar(line), with_attested)
    return [
        text(line.total.asset),
        cell,
        observed(line.total),
        amount(line.total.claimed, line.total.scale),
        liabilities,
        _coverage(line.total),
    ]


_MARKED = (Standing.SHORT, Standing.OPEN)


def _coverage(total: Total) -> Html:
    words = text(coverage_text(total.coverage))
    return words if total.coverage.complete else join(incomplete(), text(" "), words)


def _networks(report: Report) -> Html:
    rows = [
        [
            text(network_name(report, total.chain)),
            text(total.asset),
            observed(total),
            amount(total.claimed, total.scale),
            _coverage(total),
        ]
        for total in report.network_totals
    ]
    totals = table(("Network", "Asset", "Observed", "Claimed", "Rows"), rows, numeric=range(2, 4))
    head = ("Network", "Claimed height", "Read at", "Block hash", "Time", "Remark")
    blocks = table(head, [_pin(report, pin) for pin in report.pins], numeric=range(1, 3))
    return join(_section("Networks", totals), _section("Blocks the balances were read at", blocks))


def _pin(report: Report, pin: Pin) -> list[Html]:
    remark = "; ".join(filter(None, ("live: at or after this block" if pin.live else "", pin.problem)))
    block = pin.block
    when = "" if block is None or block.time is None else f"{block.time:%Y-%m-%d %H:%M:%S %Z}"
    return [
        text(network_name(report, pin.chain)),
        text("" if pin.height_claimed is None else str(pin.height_claimed)),
        tag("strong", text("no block"), class_="open") if block is None else text(str(block.height)),
        tag("code", text("" if block is None else block.hash)),
        text(when),
        text(remark),
    ]


def _details(report: Report) -> Html:
    parts = (_ownership, _locked, _reconciled, _proofs, _exceptions, _findings, _providers)
    return join(*(part(report) for part in parts))


def _ownership(report: Report) -> Html:
    summary = report.ownership
    if summary is None:
        return Html("")
    rows = [
        [*map(text, cells[:-1]), text(cells[-1]) if part.counts else tag("strong", text(cells[-1]), class_="open")]
        for part, cells in zip(summary.held, ownership_run.rows(summary), strict=True)
    ]
    said = [tag("p", text(each), class_="note") for each in ownership_run.statements(summary)]
    return _section("Whose the addresses are", join(table(ownership_run.COLUMNS, rows, numeric=(2, 3)), *said))


def _locked(report: Report) -> Html:
    rows = [
        [
            text(part.asset),
            text(part.liquidity),
            text(str(part.rows)),
            amount(part.amount, part.scale),
            text(counted_text(part)),
        ]
        for part in report.locked
    ]
    head = ("Asset", "Class", "Rows", "Amount", "In the observed total")
    return _explained("Locked coins", LOCKED_RULE, table(head, rows, numeric=(2, 3))) if rows else Html("")


def _reconciled(report: Report) -> Html:
    rows = [
        [text(network_name(report, part.chain)), text(part.asset), text(reconciled_text(part))]
        for part in report.reconciled
    ]
    head = ("Network", "Asset", "By the transfers in between")
    return _explained("Read later than claimed", RECONCILED_RULE, table(head, rows)) if rows else Html("")


def _proofs(report: Report) -> Html:
    if not report.proofs:
        return Html("")
    rows = [
        [
            text(network_name(report, proof.chain)),
            join(text(f"{proof.asset} "), tag("code", text(proof.instrument))),
            text(str(proof.height)),
            text(sample_text(proof)),
            text("" if proof.unproven is not None else proven_text(proof)),
            text("; ".join(filter(None, (detection_text(proof), reasons_text(proof))))),
        ]
        for proof in report.proofs
    ]
    head = ("Network", "Token", "Height", "Sample", "Result", "What that means")
    seed = f"Drawn in proportion to claimed value, with {seed_text(report.proofs)}."
    return _explained("Balances proven from the block hash", seed, table(head, rows, numeric=(2,)))


def _exceptions(report: Report) -> Html:
    if not report.exceptions_count:
        return Html("")
    shown = report.exceptions[:EXCEPTIONS_MAX]
    rows = [
        [
            text(str(row.line_no)),
            text(row.asset),
            text(network_name(report, row.chain)),
            tag("code", text(row.address), class_="address"),
            tag("strong", text(row.status), class_="bad" if row.status in ("mismatch", "disputed") else "open"),
            amount(row.claimed, row.decimals),
            amount(row.observed, row.decimals),
            tag("span", text(why_text(row)), class_="why"),
        ]
        for row in shown
    ]
    head = ("Line", "Asset", "Network", "Address", "Status", "Claimed", "Observed", "Why")
    title = f"Exceptions: {len(shown)} of {report.exceptions_count}"
    return _section(title, table(head, rows, numeric=(5, 6)))


def _findings(report: Report) -> Html:
    rows = [
        [
            tag("strong", text(found.severity), class_=f"severity-{found.severity}"),
            text(found.kind),
            text("" if found.line_no is None else str(found.line_no)),
            text(found.detail),
        ]
        for found in by_network(report.findings, report.chain_names)
    ]
    return _section("Findings", table(("Severity", "Kind", "Line", "Detail"), rows)) if rows else Html("")


def _providers(report: Report) -> Html:
    rows = [
        [text(network_name(report, use.chain)), text(use.provider), text(use.operator), text(str(use.readings))]
        for use in report.providers
    ]
    head = ("Network", "Provider", "Operator", "Readings")
    return _section("Providers asked", table(head, rows, numeric=(3,))) if rows else Html("")


def _footer(report: Report) -> Html:
    run = f"{report.run_id} ({report.state})"
    facts = [("Run", run), ("Readings digest", report.readings_digest), ("Assay", report.code_version)]
    return tag("footer", join(tag("p", text(_READING)), _facts(facts)))


def _explained(title: str, words: str, content: Html) -> Html:
    return _section(title, join(tag("p", text(words), class_="note"), content))


def _section(title: str, content: Html) -> Html:
    return tag("section", join(tag("h2", text(title)), content))
