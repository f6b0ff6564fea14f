"""Findings about networks: the same words about many are one line, and nothing is lost by it."""

from __future__ import annotations

from chains.types import ChainId
from indexer.model.findings import Finding, Severity
from indexer.report.findings import counts_text, grouped
from indexer.report.html import to_html
from indexer.report.table import plain_text, report_table
from tests.unit.reports import report, total

ETHEREUM, SOLANA = ChainId("eip155:1"), ChainId("solana:5eykt")
NAMES = {ETHEREUM: "Ethereum", SOLANA: "Solana"}


def warning(detail: str, kind: str = "independence", line: int | None = None) -> Finding:
    return Finding(Severity.WARNING, kind, detail, line)


def test_what_is_said_alike_of_networks_is_said_once_where_it_was_first_said() -> None:
    said = [
        warning("eip155:1: one operator"),
        warning("no commitment", "no-commitment"),
        warning("solana:5eykt: one operator"),
        warning("eip155:1: one operator"),
    ]
    assert [(each.kind, each.text) for each in grouped(said, NAMES)] == [
        ("independence", "Ethereum, Solana: one operator"),
        ("no-commitment", "no commitment"),
    ]


def test_other_words_kinds_lines_and_unknown_networks_stay_apart() -> None:
    apart = [
        warning("eip155:1: one operator"),
        warning("solana:5eykt: no operator"),
        warning("solana:5eykt: one operator", "unpinned"),
        warning("solana:5eykt: one operator", line=7),
        warning("eip155:9: one operator"),
        warning("one operator"),
    ]
    details = ["Ethereum: one operator", "Solana: no operator", "Solana: one operator", "Solana: one operator"]
    assert [found.text for found in grouped(apart, NAMES)] == [*details, "eip155:9: one operator", "one operator"]


def test_of_many_networks_the_number_stands_before_and_the_names_behind() -> None:
    names = {ChainId(f"eip155:{number}"): f"Net {number}" for number in range(4)}
    (said,) = grouped([warning(f"{chain}: one operator") for chain in names], names)
    assert said.text == "4 networks: one operator (Net 0, Net 1, Net 2, Net 3)"


def test_lines_of_which_the_same_is_said_are_one_finding() -> None:
    (said,) = grouped([warning("mined too lately", line=line) for line in (3, 4, 9, 3, 11, 12, 20, 21)], NAMES)
    assert said.lines_text == "3, 4, 9, 11, 12 and 2 more"


def test_what_weighs_most_comes_first() -> None:
    found = [Finding(severity, "k", severity) for severity in Severity]
    said = grouped([*found, Finding(Severity.WARNING, "k", "another")], NAMES)
    assert [each.detail for each in said] == ["exception", "warning", "another", "note"]
    assert counts_text(said) == "1 exception, 2 warnings, 1 note"


def test_people_read_them_so() -> None:
    findings = tuple(warning(f"{chain}: one operator") for chain in report(total()).chain_names)
    names = list(report(total()).chain_names.values())
    assert len(names) > 1
    shown = report(total(), findings=findings)
    for text in (plain_text(report_table(shown), width=4000), to_html(shown)):
        assert f"{', '.join(names)}: one operator" in text
