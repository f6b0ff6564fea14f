"""Locked coins and followed transfers in every rendering: by class, with the rule, and never mixed into a total."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from chains.types import Liquidity
from indexer.model.result import ExceptionRow, LockedTotal, ReadingBefore, Reconciled, RowStatus
from indexer.report.beside import LOCKED_RULE, RECONCILED_RULE, counted_text, reconciled_text, residue_text, why_text
from indexer.report.csvout import exceptions_csv, totals_csv
from indexer.report.html import to_html
from indexer.report.jsonout import to_json
from indexer.report.table import plain_text, report_table
from tests.unit.reports import SOLANA, example, report, total

TORN = "{}, the transfers since and the reading after do not add up: "
ROW = ExceptionRow(7, "SOL", SOLANA, "9xQ", RowStatus.UNPINNED, 500, 700, 9, "read later")
PART = Reconciled(
    "SOL",
    SOLANA,
    9,
    100,
    matching_rows=97,
    matching=15 * 10**8,
    differing_rows=1,
    short=10**8,
    over=0,
    both_rows=60,
    torn_rows=1,
)


@pytest.mark.parametrize(
    ("explained", "residue", "words"),
    [
        (None, None, ""),
        (500, None, "transfers since say 500 base units"),
        (500, 0, "explained by the transfers since"),
        (499, 1, "residue: claims 1 base unit more than the transfers since explain"),
        (502, -2, "residue: claims 2 base units less than the transfers since explain"),
    ],
)
def test_what_transfers_leave_of_a_claim(explained: int | None, residue: int | None, words: str) -> None:
    row = replace(ROW, explained=explained, residue=residue)
    words += words and ", from the reading after only"
    assert residue_text(row) == words
    assert why_text(row) == "; ".join(filter(None, ("over by 200 base units", words, "read later")))


@pytest.mark.parametrize(
    ("explained", "residue", "words"),
    [
        (None, None, "explained by the transfers since, from the reading after only"),
        (500, 0, "explained by the transfers since, from both sides: it agrees with {}"),
        (
            499,
            1,
            TORN + "1 base unit received in no transfer; residue 0 by the reading after, 1 by the one before",
        ),
        (502, None, TORN + "2 base units spent in no transfer"),
    ],
)
def test_from_which_sides_a_claim_is_explained(explained: int | None, residue: int | None, words: str) -> None:
    row = replace(ROW, explained=500, residue=0, before=ReadingBefore(3, 95, explained, residue))
    assert residue_text(row) == words.format("the reading before (run 3, at 95)")


def test_how_much_of_what_is_locked_counts() -> None:
    part = LockedTotal("SOL", 9, Liquidity.STAKED, rows=2, amount=20, counted=5)
    said = [counted_text(replace(part, counted=counted)) for counted in (0, 5, 20)]
    assert said == ["none of it counted", "0.000000005 of it counted", "all of it counted"]


def test_how_many_rows_transfers_explain() -> None:
    whole = "97 of 100 rows explained to the last unit, which claim 1.5"
    differing = "1 with a residue (0.1 short, 0 over); 60 of these from both sides"
    torn = "1 whose readings before and after do not add up"
    assert reconciled_text(PART) == f"{whole}; {differing}; {torn}; 1 not followed"
    after = replace(PART, rows=97, differing_rows=0, both_rows=0, torn_rows=0)
    assert reconciled_text(after) == whole.replace("of 100", "of 97") + "; none of these from both sides"
    none = replace(PART, rows=1, matching_rows=0, matching=0, differing_rows=0, both_rows=0, torn_rows=0)
    assert reconciled_text(none) == "0 of 1 rows explained to the last unit; 1 not followed"


def test_a_row_that_reads_as_claimed_says_so() -> None:
    assert why_text(replace(ROW, observed=ROW.claimed)) == "reads as claimed; read later"


def test_people_read_the_rules_beside_the_figures() -> None:
    for text in (plain_text(report_table(example()), width=4000), to_html(example())):
        assert LOCKED_RULE in text
        assert RECONCILED_RULE in text
        assert "18 of 20 rows explained to the last unit" in text
        assert "residue: claims 1 base unit more" in text
    for text in (plain_text(report_table(report(total())), width=4000), to_html(report(total()))):
        assert "Locked coins" not in text
        assert "Read later than claimed" not in text


def test_machines_get_every_class_and_every_residue() -> None:
    told = json.loads(to_json(example()))
    assert [(part["asset"], part["liquidity"], part["amount"]["base_units"]) for part in told["locked"]] == [
        ("SOL", "staked", "40000000000000"),
        ("SOL", "unbonding", "2000000000"),
    ]
    assert told["locked"][0]["counted"]["text"] == "30000"
    (part,) = told["reconciled"]
    assert (part["matching_rows"], part["differing_rows"], part["open_rows"]) == (18, 1, 1)
    assert part["short"]["base_units"] == "1"
    assert (part["both_rows"], part["torn_rows"]) == (12, 0)
    assert [(row["explained"], row["residue"], row["before"]) for row in told["exceptions"]["rows"]][-2:] == [
        (None, None, None),
        ("499", "1", {"run": 3, "height": 299_990_000, "explained": "499", "residue": "1"}),
    ]


def test_spreadsheets_get_them_in_columns_of_their_own() -> None:
    rows = list(csv.DictReader(io.StringIO(totals_csv(example()).decode(), newline="")))
    sol = next(row for row in rows if (row["level"], row["asset"]) == ("asset", "SOL"))
    assert (sol["staked_number"], sol["staked_exact"]) == ("40000", "40000000000000 base units")
    assert (sol["unbonding_exact"], sol["locked_exact"]) == ("2000000000 base units", "")
    assert {row["staked_exact"] for row in rows if row is not sol} == {""}
    row = replace(ROW, explained=502, residue=-2, before=ReadingBefore(3, 95, 501, -1))
    told = replace(report(total()), exceptions=(row, ROW), exceptions_count=2)
    first, second = csv.DictReader(io.StringIO(exceptions_csv(told).decode(), newline=""))
    assert (first["explained_exact"], first["residue_exact"]) == ("502 base units", "'-2 base units")
    assert (first["explained_before_exact"], first["residue_before_exact"]) == ("501 base units", "'-1 base units")
    assert {second[f"{name}_before_exact"] for name in ("explained", "residue")} == {""}
    assert (second["explained_exact"], second["residue_exact"]) == ("", "")
