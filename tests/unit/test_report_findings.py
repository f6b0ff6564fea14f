"""Findings about networks: the same words about many are one line, and nothing is lost by it."""

from __future__ import annotations

from chains.types import ChainId
from indexer.model.findings import Finding, Severity
from indexer.report.findings import by_network
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
    assert by_network(said, NAMES) == [
        warning("Ethereum, Solana: one operator"),
        warning("no commitment", "no-commitment"),
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
    assert [found.detail for found in by_network(apart, NAMES)] == [*details, "eip155:9: one operator", "one operator"]


def test_people_read_them_so() -> None:
    findings = tuple(warning(f"{chain}: one operator") for chain in report(total()).chain_names)
    names = list(report(total()).chain_names.values())
    assert len(names) > 1
    shown = report(total(), findings=findings)
    for text in (plain_text(report_table(shown), width=4000), to_html(shown)):
        assert f"{', '.join(names)}: one operator" in text
