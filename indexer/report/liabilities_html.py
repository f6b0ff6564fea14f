"""The page's section on liabilities: by source, the verdict about the commitment with its weaknesses, restatements."""

from __future__ import annotations

from indexer.model.commitments import Backing
from indexer.model.result import Report
from indexer.report.figures import AssetLine
from indexer.report.liabilities import (
    WRONG,
    check_facts,
    committed_total,
    marks,
    rejections,
    restated_lines,
    restated_text,
    when_text,
)
from indexer.report.markup import Html, amount, join, table, tag, text


def liabilities_html(report: Report) -> Html:
    """Nothing where the run has no statement."""
    if report.statement_sha256 is None:
        return Html("")
    return join(_by_source(report), _verdict(report), _restated(report))


def marks_html(report: Report, line: AssetLine) -> Html:
    """What a ratio must not be read without."""
    found = marks(report, line)
    return join(*(tag("span", text(mark.text), class_=f"mark {'bad' if mark.wrong else 'open'}") for mark in found))


def _by_source(report: Report) -> Html:
    backing = {ratio.asset: ratio.backing for ratio in report.ratios}
    rows = []
    for owed in report.liabilities:
        total = committed_total(report, owed)
        attested = amount(owed.attested, owed.scale) if owed.attested else Html("")
        custodian = tag("span", text(owed.custodian), class_="note") if owed.custodian else Html("")
        rows.append(
            [
                text(owed.asset),
                text(str(owed.source)),
                amount(owed.amount, owed.scale),
                Html("") if total is None else amount(total.amount, total.scale),
                join(attested, custodian),
                _backing(backing.get(owed.asset)),
            ]
        )
    head = ("Asset", "Owed to", "Amount", "In the commitment", "Attested by custodians", "What stands behind it")
    when = tag("p", text(when_text(report)), class_="note")
    return _section("Liabilities", join(when, table(head, rows, numeric=range(2, 5))))


def _backing(backing: Backing | None) -> Html:
    if backing is None:
        return Html("")
    kind = "bad" if backing in WRONG else "good" if backing is Backing.PROVEN else "open"
    return tag("strong", text(str(backing)), class_=kind)


def _verdict(report: Report) -> Html:
    if report.check is None:
        return Html("")
    verdict = report.check.verdict
    facts = [
        (tag("dt", text(label)), tag("dd", text(value), class_=_kind(value))) for label, value in check_facts(report)
    ]
    refused = _list("Rejected", rejections(verdict))
    weak = _list("What it does not prove", verdict.not_proven)
    return _section(
        "The commitment to these liabilities", join(tag("dl", join(*(join(*fact) for fact in facts))), refused, weak)
    )


def _kind(fact: str) -> str:
    return "bad" if fact.startswith(("INVALID", "NOT ")) else "open" if fact.startswith("unanchored") else ""


def _list(title: str, sentences: list[str] | tuple[str, ...]) -> Html:
    if not sentences:
        return Html("")
    return join(tag("h3", text(title)), tag("ul", join(*(tag("li", text(each)) for each in sentences))))


def _restated(report: Report) -> Html:
    if not report.restated:
        return Html("")
    rows = [
        [
            text(line.name),
            text(f"{line.as_of:%Y-%m-%d %H:%M %Z}"),
            text(line.owed.asset),
            text(str(line.owed.source)),
            amount(line.owed.amount, line.owed.scale),
            Html("") if line.here is None else amount(line.here.amount, line.here.scale),
            text(restated_text(line)),
        ]
        for line in restated_lines(report)
    ]
    said = [f"{other.name}: sha256 {other.sha256}, {other.scheme} {other.root}" for other in report.restated]
    files = tag("ul", join(*(tag("li", text(each)) for each in said)))
    head = ("Statement", "As of", "Asset", "Owed to", "Amount there", "Amount here", "Difference")
    return _section("Other statements for the same month", join(files, table(head, rows, numeric=(4, 5))))


def _section(title: str, content: Html) -> Html:
    return tag("section", join(tag("h2", text(title)), content))
