"""Fault 28: missing and extra columns, header changes, and files without what a list needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.intake import BadList
from tests.unit.intake_kit import OKX_7, OKX_9, OKX_11, PLAIN, evm, read


@pytest.mark.parametrize("row", ["Ethereum", "Ethereum,ETH,0x1", f"Ethereum,ETH,{evm(1)},1,", f"Ethereum,ETH,{evm(1)}"])
def test_rows_of_another_width_are_rejected(tmp_path: Path, row: str) -> None:
    outcome = read(tmp_path, f"{PLAIN}\n{row}\nEthereum,ETH,{evm(2)},1\n")
    assert outcome.reasons == [(2, "columns")]
    assert len(outcome.claims) == 1


def test_blank_lines_are_no_lines(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"\n \n,,,\n{PLAIN}\n\n , ,\t, \n   \nEthereum,ETH,{evm(1)},1\n\n")
    assert (outcome.summary.lines, outcome.claims[0].line_no) == (1, 8)


def test_a_known_header_inside_the_file_switches_and_is_a_finding(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"{OKX_9}\nETH,ETH,5,{evm(1)},1,m,s,,\n{OKX_7}\nETH,{evm(2)},1,m,s,,\n")
    assert [claim.claimed for claim in outcome.claims] == [10**18, 1]
    assert ("header-change", 3) in [(finding.kind, finding.line_no) for finding in outcome.summary.findings]
    assert outcome.summary.format == "okx-9"


def test_the_same_header_again_is_nothing(tmp_path: Path) -> None:
    row = f"ETH,ETH,5,{evm(1)},1,m,s,,"
    outcome = read(tmp_path, f"{OKX_11}\n{row}\n{OKX_11.upper()}\n{row}\n")
    assert (outcome.summary.lines, len(outcome.claims), outcome.finding_kinds) == (2, 2, [])


def test_under_an_unknown_header_nothing_is_read(tmp_path: Path) -> None:
    row = f"ETH,ETH,5,{evm(1)},1,m,s,,"
    unknown = OKX_9.replace("Snapshot Height,address", "address,Snapshot Height")
    outcome = read(tmp_path, f"{OKX_9}\n{row}\n{unknown}\n{row}\n{OKX_9}\n{row}\n")
    assert outcome.reasons == [(3, "columns"), (4, "columns")]
    assert [claim.line_no for claim in outcome.claims] == [2, 6]
    assert outcome.finding_kinds == ["unknown-header", "header-change"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("\ufeff\n\n , ,\n", "empty"),
        (f"ETH,ETH,5,{evm(1)},1,m,s,,\n", "no header"),
        ("coin,amount\nETH,1\n\n", "only a totals block"),
        (f"coin,amount\nETH,1\n\nETH,ETH,5,{evm(1)},1,m,s,,\n", "only a totals block"),
        ("coin,city,address\n", "unknown columns: coin, city, address"),
        ('"coin\n', "no header: quotes"),
        (b"\xff\xff\n", "line 1: not valid text"),
        (PLAIN.encode("utf-16-le"), "line 1: NUL"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(BadList, match=message):
        read(tmp_path, content)


def test_a_header_without_rows_is_a_list_with_a_finding(tmp_path: Path) -> None:
    outcome = read(tmp_path, PLAIN)
    assert (outcome.summary.lines, outcome.finding_kinds) == (0, ["no-rows"])


def test_unknown_names_are_rejected_and_named(tmp_path: Path) -> None:
    rows = [f"DOGE,ETH,5,{evm(1)},1,m,s,,", f"ETH,MARS,5,{evm(1)},1,m,s,,"]
    outcome = read(tmp_path, "\n".join([OKX_9, *rows]))
    assert outcome.reasons == [(2, "unknown-coin"), (3, "unknown-coin")]
    assert ["DOGE" in outcome.rejected[0].detail, "MARS" in outcome.rejected[1].detail] == [True, True]
    assert outcome.summary.instruments == ()


@pytest.mark.parametrize("height", ["1.0", "0x10", "-5", "1e3", "1" * 19, "١٢", "latest"])
def test_a_height_is_a_whole_number_or_absent(tmp_path: Path, height: str) -> None:
    outcome = read(tmp_path, f"{OKX_9}\nETH,ETH,{height},{evm(1)},1,m,s,,\n")
    assert outcome.reasons == [(2, "bad-height")]
    assert (outcome.rejected[0].instrument_no, outcome.rejected[0].claimed) == (0, 10**18)


@pytest.mark.parametrize(("height", "expected"), [(" 7 ", 7), ("-", None), ("", None), ("0", 0)])
def test_heights_that_are_read(tmp_path: Path, height: str, expected: int | None) -> None:
    outcome = read(tmp_path, f"{OKX_9}\nETH,ETH,{height},{evm(1)},1,m,s,,\n")
    assert outcome.claims[0].height == expected


def test_findings_do_not_grow_with_a_hostile_file(tmp_path: Path) -> None:
    totals = "\n".join(f"COIN{number},1" for number in range(1000))
    outcome = read(tmp_path, f"coin,amount\n{totals}\n{PLAIN}\n")
    assert len(outcome.summary.findings) == 201
    assert outcome.finding_kinds[-1] == "more-findings"
