"""The sections on liabilities: by source, the verdict about the commitment with its weaknesses, restatements."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.model.commitments import Backing
from indexer.model.result import Report
from indexer.report.liabilities import (
    WRONG,
    check_facts,
    committed_total,
    rejections,
    restated_lines,
    restated_text,
)
from indexer.report.section import Amount, Section, Words


def liabilities(report: Report) -> Iterator[Section]:
    """Nothing where the run has no statement."""
    if report.statement_sha256 is None:
        return
    yield _by_source(report)
    if report.check is not None:
        yield _verdict(report)
    if report.restated:
        yield _restated(report)


def _by_source(report: Report) -> Section:
    backing = {ratio.asset: ratio.backing for ratio in report.ratios}
    rows = []
    for owed in report.liabilities:
        total = committed_total(report, owed)
        rows.append(
            (
                owed.asset,
                str(owed.source),
                Amount(owed.amount, owed.scale),
                "" if total is None else Amount(total.amount, total.scale),
                Amount(owed.attested, owed.scale) if owed.attested else "",
                owed.custodian,
                _backing(backing.get(owed.asset)),
            )
        )
    columns = ("asset", "owed to", "amount", "in the commitment", "attested", "custodian", "what stands behind it")
    return Section("Liabilities", columns, rows)


def _backing(backing: Backing | None) -> Words:
    if backing is None:
        return Words("")
    return Words(str(backing), "bad" if backing in WRONG else "good" if backing is Backing.PROVEN else "open")


def _verdict(report: Report) -> Section:
    assert report.check is not None
    verdict = report.check.verdict
    rows = [(label, Words(value, _tone(value))) for label, value in check_facts(report)]
    rows += [("rejected", Words(said, "bad")) for said in rejections(verdict)]
    rows += [("not proven", Words(sentence)) for sentence in verdict.not_proven]
    return Section("The commitment to these liabilities", ("what", "found"), rows)


def _tone(fact: str) -> str:
    return "bad" if fact.startswith(("INVALID", "NOT ")) else "open" if fact.startswith("unanchored") else ""


def _restated(report: Report) -> Section:
    rows = [
        (
            line.name,
            f"{line.as_of:%Y-%m-%d %H:%M %Z}",
            line.owed.asset,
            str(line.owed.source),
            Amount(line.owed.amount, line.owed.scale),
            "" if line.here is None else Amount(line.here.amount, line.here.scale),
            restated_text(line),
        )
        for line in restated_lines(report)
    ]
    columns = ("statement", "as of", "asset", "owed to", "amount there", "amount here", "difference")
    said = [f"{other.name}: SHA-256 {other.sha256}, {other.scheme} {other.root}".rstrip() for other in report.restated]
    return Section("Other statements for the same month", columns, rows, said)
