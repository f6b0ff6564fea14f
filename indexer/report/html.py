"""The report as one page to hand over: no script, nothing fetched, printable, readable without colour.

Everything from outside is escaped in ``markup.py``; the page's own policy forbids scripts, and all styles but its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from indexer.model.result import Coverage, Report
from indexer.report.bar import ratio_bar
from indexer.report.facts import facts
from indexer.report.figures import AssetLine, Standing, asset_lines, coverage_text, standing, unassigned_text, verdict
from indexer.report.liabilities import marks, tone
from indexer.report.markup import Html, amount, incomplete, join, observed, ratio, table, tag, text
from indexer.report.outcome import Outcome, outcome_of
from indexer.report.page_style import FAVICON, STYLE
from indexer.report.section import Amount, Cell, Code, Observed, Rows, Section, Words
from indexer.report.sections import sections

EXCEPTIONS_MAX = 100
_CLASS = {Outcome.COMPLETE: "good", Outcome.DISCREPANCIES: "bad", Outcome.INCOMPLETE: "open"}
_STANDING = {Standing.COVERED: "good", Standing.SHORT: "bad", Standing.OPEN: "open", Standing.NONE: ""}
_MARKED = (Standing.SHORT, Standing.OPEN)
_READING = """Every figure is an exact sum of base units; ratios are rounded down, never up. Observed is what the chains
said at the blocks named above, claimed what the exchange published, attested what custodians state on paper.
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
    told = (_section(section) for section in sections(report, exceptions_max=EXCEPTIONS_MAX))
    body = tag("main", join(_header(report), _assets(report), *told, _footer(report)))
    return f'<!doctype html>\n<html lang="en">\n{tag("head", head)}\n{tag("body", body)}\n</html>\n'


def _header(report: Report) -> Html:
    outcome = outcome_of(report)
    said = verdict(report, discrepancies=outcome is Outcome.DISCREPANCIES)
    unread = unassigned_text(report)
    return join(
        tag("p", text("Reserve report"), class_="kicker"),
        tag("h1", text(report.exchange)),
        tag("p", text(f"as of {report.as_of:%Y-%m-%d %H:%M:%S %Z}"), class_="asof"),
        tag("p", text(said), class_=f"verdict {_CLASS[outcome]}"),
        tag("p", text(unread), class_="verdict open") if unread else Html(""),
        _facts(facts(report)),
    )


def _facts(pairs: Sequence[tuple[str, str]]) -> Html:
    told = [join(tag("dt", text(_label(label))), tag("dd", text(value))) for label, value in pairs]
    return tag("dl", join(*told))


def _assets(report: Report) -> Html:
    rows = [_asset(report, line) for line in asset_lines(report)]
    head = ("Asset", "Reserve ratio (mark: 100 %)", "Observed", "Claimed", "Liabilities", "Coverage")
    return _titled("Reserves and liabilities", table(head, rows, numeric=range(2, 5)))


def _asset(report: Report, line: AssetLine) -> list[Html]:
    where, owed = standing(line), line.ratio
    mark = tag("span", text(str(where)), class_=f"mark {_STANDING[where]}") if where in _MARKED else Html("")
    mark = join(mark, _marks(report, line))
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
        _coverage(line.total.coverage),
    ]


def _marks(report: Report, line: AssetLine) -> Html:
    """What a ratio must not be read without."""
    found = marks(report, line)
    return join(*(tag("span", text(mark.text), class_=f"mark {'bad' if mark.wrong else 'open'}") for mark in found))


def _section(section: Section) -> Html:
    notes = [tag("p", text(note), class_="note") for note in section.notes]
    rows = [[_cell(cell) for cell in row] for row in section.rows]
    head = [_label(column) for column in section.columns]
    drawn = table(head, rows, numeric=section.numeric()) if rows else Html("")
    return _titled(section.title, join(*notes, drawn))


def _cell(cell: Cell) -> Html:
    match cell:
        case str() | int():
            return text(str(cell))
        case Words(words, tone):
            return tag("span", text(words), class_=tone) if tone and words else text(words)
        case Code(code):
            return tag("code", text(code))
        case Amount(value, scale):
            return amount(value, scale)
        case Observed(total):
            return observed(total)
        case Rows(coverage):
            return _coverage(coverage)


def _coverage(coverage: Coverage) -> Html:
    words = text(coverage_text(coverage))
    return words if coverage.complete else join(incomplete(), text(" "), words)


def _footer(report: Report) -> Html:
    about = [("readings digest", report.readings_digest), ("assay", report.code_version)]
    return tag("footer", join(tag("p", text(_READING)), _facts(about)))


def _titled(title: str, content: Html) -> Html:
    return tag("section", join(tag("h2", text(title)), content))


def _label(words: str) -> str:
    return words[:1].upper() + words[1:]
