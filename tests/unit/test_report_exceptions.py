"""Exceptions by cause: many networks are one row, and none where a cause says no more than the row itself."""

from __future__ import annotations

import json
from dataclasses import replace

from indexer.model.result import ExceptionCause, Report, RowStatus
from indexer.report.exceptions import causes
from indexer.report.html import to_html
from indexer.report.jsonout import to_json
from indexer.report.section import Words
from indexer.report.table import plain_text, report_table
from tests.unit.reports import ETHEREUM, LITECOIN, SOLANA, report, total

UNREAD = "no provider configured"
CAUSES = (
    ExceptionCause(RowStatus.MISMATCH, ETHEREUM, "", 2, 7),
    ExceptionCause(RowStatus.UNAVAILABLE, LITECOIN, UNREAD, 900, 9),
    ExceptionCause(RowStatus.UNAVAILABLE, SOLANA, UNREAD, 40, 3),
    ExceptionCause(RowStatus.REJECTED, None, "bad-address: no address", 1, 5),
)


def shown() -> Report:
    return replace(report(total()), causes=CAUSES, exceptions_count=943)


def test_what_is_alike_on_several_networks_is_one_row() -> None:
    assert causes(shown()).rows == [
        (Words("mismatch", "bad"), 2, 7, "Ethereum", "differs from the claim"),
        (Words("unavailable", "open"), 940, 3, "Litecoin, Solana", UNREAD),
        (Words("rejected", "open"), 1, 5, "unknown network", "bad-address: no address"),
    ]


def test_where_each_exception_has_its_own_cause_the_rows_say_it_all() -> None:
    assert causes(replace(shown(), causes=CAUSES[3:], exceptions_count=1)).rows == []


def test_every_rendering_tells_them_before_the_findings_and_the_rows() -> None:
    for text in (plain_text(report_table(shown()), width=4000), to_html(shown())):
        assert text.index("Exceptions by cause") < text.index("Litecoin, Solana") < text.index("Networks")
    told = json.loads(to_json(shown()))["exceptions"]
    assert told["causes"][1] == {
        "status": "unavailable",
        "chain": LITECOIN,
        "network": "Litecoin",
        "reason": UNREAD,
        "rows": 900,
        "first_line": 9,
    }
