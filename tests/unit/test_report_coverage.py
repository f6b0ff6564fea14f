"""Promise 2 over every rendering: no total or ratio without its coverage, no interval without the word incomplete."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings

from indexer.model.commitments import Backing
from indexer.model.liabilities import Liability
from indexer.model.result import Coverage, Report
from indexer.report.csvout import totals_csv
from indexer.report.figures import UNKNOWN, asset_lines, coverage_text, printable
from indexer.report.html import to_html
from indexer.report.jsonout import to_json
from indexer.report.liabilities import marks, moments_of
from indexer.report.table import plain_text, ratios_table, report_table
from tests.unit.any_reports import any_report
from tests.unit.reports import report, total

WIDE = 4000  # so wide that every row of a table stands on one line
Row = list[str]


class _Tables(HTMLParser):
    """The words of every table row of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append("".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def html_rows(shown: Report) -> list[Row]:
    page = _Tables()
    page.feed(to_html(shown))
    return page.rows


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def text_rows(shown: Report) -> list[Row]:
    lines = plain_text(report_table(shown), width=WIDE).splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


@pytest.mark.parametrize("rows_of", [html_rows, text_rows])
@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_rows_for_people_carry_coverage_and_interval(rows_of: Any, shown: Report) -> None:
    rows = rows_of(shown)
    for line in asset_lines(shown):
        said = coverage_text(line.total.coverage)
        found = [row for row in rows if row[0] == line.total.asset and said in row[-1]]
        assert len(found) == 1, "an asset is shown once, with its coverage in its row"
        whole = " ".join(found[0])
        assert ("INCOMPLETE" in whole) == (not line.total.coverage.complete)
        assert ("[" in whole) == (not line.total.coverage.complete)
        if line.total.high is None:
            assert "?]" in whole
        if line.ratio is not None and line.ratio.liabilities and not line.total.coverage.complete:
            folded = rows[rows.index(found[0]) + 1 :][:1]  # a terminal has the interval under its word
            assert " .. " in " ".join([whole, *(" ".join(row) for row in folded)])


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_json_has_coverage_beside_every_total_and_ratio(shown: Report) -> None:
    told = json.loads(to_json(shown))
    for line, asset in zip(asset_lines(shown), told["assets"], strict=True):
        coverage, known = line.total.coverage, line.total.scale is not None
        assert asset["coverage"]["rows"] == coverage.rows
        assert asset["status"] == ("complete" if coverage.complete else "incomplete")
        assert (asset["observed"]["low"] is not None) == known
        assert (asset["observed"]["high"] is not None) == (known and line.total.high is not None)
        if asset["ratio"] is not None:
            assert asset["ratio"]["status"] == asset["status"]
    assert told["complete"] == shown.complete


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_csv_has_coverage_in_every_row_and_a_question_mark_for_what_is_unknown(shown: Report) -> None:
    rows = csv_rows(totals_csv(shown))
    everything = [*shown.asset_totals, *shown.network_totals]
    for total_, row in zip(everything, rows[: len(everything)], strict=True):
        assert (row["rows"], row["resolved"]) == (str(total_.coverage.rows), str(total_.coverage.resolved))
        assert row["status"] == ("complete" if total_.coverage.complete else "incomplete")
        if total_.high is None or total_.scale is None:
            assert (row["observed_high_number"], row["observed_high_exact"]) == (UNKNOWN, UNKNOWN)
        if total_.scale is None:
            assert (row["observed_low_number"], row["observed_low_exact"]) == (UNKNOWN, UNKNOWN)
    assert [row["rejected"] for row in rows[len(everything) :]] == [
        str(count) for count in [shown.rejected_unassigned] if count
    ]


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_an_incomplete_report_is_never_announced_as_anything_else(shown: Report) -> None:
    text = plain_text(report_table(shown), width=WIDE)
    first, page = text.splitlines()[0], to_html(shown)
    banner = page[page.index('class="verdict') : page.index("<dl>")]
    assert ("INCOMPLETE" in first) == ("INCOMPLETE" in banner) == (not shown.complete)


@settings(deadline=None, max_examples=60)
@given(shown=any_report())
def test_no_ratio_without_what_weakens_it(shown: Report) -> None:
    """What a failed or unanchored commitment, or another moment, makes of a ratio stands beside it in every output."""
    told = json.loads(to_json(shown))
    cells = csv_rows(totals_csv(shown))
    text, page = text_rows(shown), html_rows(shown)
    for at, line in enumerate(asset_lines(shown)):
        if line.ratio is None:
            continue
        backing = str(line.ratio.backing)
        assert (told["assets"][at]["ratio"]["backing"], cells[at]["backing"]) == (backing, backing)
        apart = moments_of(shown).apart
        assert told["assets"][at]["ratio"]["same_moment"] == (None if apart is None else not apart)
        assert cells[at]["same_moment"] == {None: "?", True: "no", False: "yes"}[apart]
        said = [mark.text for mark in marks(shown, line)]
        assert (backing in said) == (line.ratio.backing not in (Backing.PROVEN, Backing.STATED))
        assert bool(apart) == any("another moment" in mark for mark in said)
        first = next(at for at, row in enumerate(text) if row[0] == line.total.asset)
        beside = " ".join(" ".join(row) for row in text[first : first + 1 + len(said)])
        whole = " ".join(next(row for row in page if row[0] == line.total.asset))
        assert all(mark in beside and mark in whole for mark in said)


def test_rejected_lines_of_no_known_asset_are_announced_beside_complete_totals() -> None:
    shown = report(total(), rejected_unassigned=3)
    warning = "INCOMPLETE: 3 rejected lines name no readable asset"
    assert warning in plain_text(ratios_table(shown))
    assert warning in to_html(shown)
    assert json.loads(to_json(shown))["complete"] is False
    assert csv_rows(totals_csv(shown))[-1]["status"] == "incomplete"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_narrow_terminal_folds_and_never_cuts(width: int) -> None:
    digits = "7" * 60
    shown = report(total(low=int(digits), high=int(digits), scale=0))
    text = plain_text(ratios_table(shown), width=width)
    assert "…" not in text
    assert text.count("7") >= 60


def test_one_part_in_a_million_short_never_reads_100() -> None:
    owed = (Liability("ETH", 18, 1_000_000, 0),)
    shown = report(total(low=999_999, high=999_999, coverage=Coverage(verified=1)), owed=owed)
    assert shown.ratios[0].low_ppm == 999_999
    ratio = json.loads(to_json(shown))["assets"][0]["ratio"]["observed"]["low"]
    assert ratio == {"ppm": "999999", "text": "99.99 %"}
    assert csv_rows(totals_csv(shown))[0]["ratio_low"] == "99.99 %"
    for row in (html_rows(shown)[1], next(row for row in text_rows(shown) if row[0] == "ETH")):
        assert "99.99 %" in row[1]
        assert "100.0" not in " ".join(row)
        assert "below 100 %" in " ".join(row)


def test_a_ratio_without_a_total_is_our_own_bug() -> None:
    shown = report(total(), owed=(Liability("ETH", 18, 1, 0),))
    orphan = Report(**{name: getattr(shown, name) for name in Report.__slots__} | {"asset_totals": ()})
    with pytest.raises(AssertionError, match="without its coverage"):
        asset_lines(orphan)


def test_an_asset_that_is_owed_but_not_listed_shows_that_it_rests_on_no_rows() -> None:
    shown = report(total(low=0, high=0, claimed=0, coverage=Coverage()), owed=(Liability("ETH", 18, 5, 0),))
    assert "no rows listed" in plain_text(ratios_table(shown))
    assert "no rows listed" in to_html(shown)


def test_printable_escapes_what_could_move_a_cursor_or_turn_the_text_round() -> None:
    assert printable("a\x1b[2J\u202eb\n") == "a\\x1b[2J\\u202eb\\n"
    assert printable("Börse 東京") == "Börse 東京"
