"""What an exchange calls itself, and how large its numbers are, must not harm a reader or be harmed."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.core.amounts import parse_amount
from indexer.model.liabilities import Liability
from indexer.model.result import ExceptionRow, Report, RowStatus
from indexer.report.cells import DIGITS_SAFE, exact, number, text
from indexer.report.csvout import exceptions_csv, totals_csv
from indexer.report.html import EXCEPTIONS_MAX, to_html
from indexer.report.jsonout import to_json
from indexer.report.table import plain_text, report_table
from tests.unit.any_reports import any_report
from tests.unit.reports import ETHEREUM, example, report, total

HUGE = 2**200 + 1


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(f"{tag} {name}" for name, _ in attrs)]


def elements(page: str) -> list[str]:
    parser = _Elements()
    parser.feed(page)
    return parser.seen


def exception(
    *, address: str = "0x1", reason: str = "", claimed: int | None = 5, observed: int | None = 4
) -> ExceptionRow:
    return ExceptionRow(9, "ETH", ETHEREUM, address, RowStatus.MISMATCH, claimed, observed, 18, reason)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "</title>"]
)
def test_a_name_full_of_markup_is_only_text(name: str) -> None:
    hostile = replace(
        report(total(asset=name)),
        exchange=name,
        list_name=name,
        exceptions=(exception(address=name, reason=name),),
        exceptions_count=1,
        chain_names={ETHEREUM: name},
    )
    harmless = replace(report(total(asset="x")), exceptions=(exception(address="x", reason="x"),), exceptions_count=1)
    assert elements(to_html(hostile)) == elements(to_html(harmless))


@settings(deadline=None, max_examples=40)
@given(shown=any_report())
def test_the_page_runs_nothing_and_fetches_nothing(shown: Report) -> None:
    page = to_html(shown)
    seen = elements(page)
    assert not {"script", "img", "iframe", "object", "form", "a"} & set(seen)
    assert not [one for one in seen if re.search(r" (on\w+|src|style)$", one)]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert "unsafe" not in policy[1]


def test_terminal_markup_and_escapes_are_only_text() -> None:
    shown = replace(report(total()), exchange="[red]x[/red]\x1b[31m", list_name="[link=http://a]b[/link]")
    said = plain_text(report_table(shown))
    assert "[red]x[/red]\\x1b[31m" in said
    assert "\x1b" not in said


@given(st.text(max_size=20))
def test_no_text_cell_starts_a_formula_and_the_original_can_be_had_again(original: str) -> None:
    cell = text(original)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == original


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_every_cell_of_both_files_is_safe_and_the_files_are_rfc_4180(shown: Report) -> None:
    for content in (totals_csv(shown), exceptions_csv(shown)):
        text_ = content.decode("utf-8")
        assert text_.endswith("\r\n")
        rows = list(csv.reader(io.StringIO(text_, newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
            if re.fullmatch(r"[\d.]+", cell):
                assert len(cell.replace(".", "").strip("0")) <= DIGITS_SAFE, "a spreadsheet would round this number"


@given(st.integers(0, 2**300), st.integers(0, 24))
def test_numbers_are_rounded_down_by_less_than_their_last_digit(value: int, scale: int) -> None:
    shown = number(value, scale)
    whole, _, fraction = shown.partition(".")
    back = int(whole + fraction.ljust(scale, "0"))
    assert back <= value
    assert (value - back) * 10 ** (DIGITS_SAFE - 1) <= value
    assert int(exact(value).split()[0]) == value


def test_the_exceptions_file_says_how_many_it_does_not_list() -> None:
    shown = replace(report(total()), exceptions=(exception(),), exceptions_count=41)
    last = exceptions_csv(shown).decode().splitlines()[-1]
    assert last.endswith("40 further exceptions are not listed here")
    assert "Exceptions: 1 of 41" in plain_text(report_table(shown))
    assert "Exceptions: 1 of 41" in to_html(shown)


def test_long_lists_of_exceptions_are_cut_with_their_count() -> None:
    many = tuple(exception() for _ in range(EXCEPTIONS_MAX + 5))
    shown = replace(report(total()), exceptions=many, exceptions_count=len(many))
    assert f"Exceptions: {EXCEPTIONS_MAX} of {len(many)}" in to_html(shown)
    assert f"Exceptions: 20 of {len(many)}" in plain_text(report_table(shown))


def test_amounts_beyond_2_to_128_survive_everywhere() -> None:
    shown = replace(
        report(total(low=HUGE, high=HUGE, claimed=HUGE), owed=(Liability("ETH", 18, HUGE, 0),)),
        exceptions=(exception(claimed=HUGE, observed=HUGE - 1),),
        exceptions_count=1,
    )
    told = json.loads(to_json(shown))
    low = told["assets"][0]["observed"]["low"]
    assert low["base_units"] == str(HUGE)
    assert parse_amount(low["text"], decimals=18) == HUGE
    assert told["exceptions"]["rows"][0]["observed"] == str(HUGE - 1)
    decimal = low["text"]
    assert decimal in plain_text(report_table(shown), width=400)
    assert decimal in re.sub(r"<[^>]+>", "", to_html(shown))
    assert f"{HUGE} base units".encode() in totals_csv(shown)
    assert f"{HUGE - 1} base units".encode() in exceptions_csv(shown)
    assert b"short by 1 base unit" in exceptions_csv(shown)


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_json_numbers_are_only_counts_heights_and_decimals(shown: Report) -> None:
    """Every figure that could exceed 2**53 is a string."""

    def check(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                assert key not in ("base_units", "ppm") or isinstance(inner, str)
                check(inner)
        elif isinstance(value, list):
            for inner in value:
                check(inner)
        elif not isinstance(value, bool) and isinstance(value, int | float):
            assert isinstance(value, int)
            assert value < 2**53

    told = json.loads(to_json(shown))
    check(told)
    assert all(isinstance(row["claimed"], str | None) for row in told["exceptions"]["rows"])


def test_json_keys_stand_in_one_order() -> None:
    told = json.loads(to_json(example()))
    assert list(told) == [
        *("outcome", "complete", "matching", "run", "list", "statement", "assets", "exceptions", "findings"),
        *("networks", "pins", "providers", "witnessed", "locked", "reconciled", "proofs", "ownership"),
    ]
    assert told["outcome"] == {"code": 1, "name": "discrepancies"}
    assert to_json(example()) == to_json(example())
