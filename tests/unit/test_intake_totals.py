"""What the totals block of a list declares, and for which rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.model.claims import DeclaredTotal
from tests.unit.intake_kit import OKX_9, OKX_12, evm, read


def test_whole_assets_single_instruments_and_those_without_rows(tmp_path: Path) -> None:
    totals = "coin,amount\nETH(ALL),1.5\nETH ( all ),1.5\nUSDT-ERC20, 7 \nBTC,0\nAPTOS,3\n"
    rows = f"ETH,ETH,5,{evm(1)},1.5,m,s,,\nUSDT-ERC20,ETH,5,{evm(1)},7,m,s,,\n"
    outcome = read(tmp_path, f"{totals}\n{OKX_9}\n{rows}")
    assert outcome.summary.declared == (
        DeclaredTotal(2, "ETH(ALL)", "ETH", None, "1.5", 15 * 10**17),
        DeclaredTotal(3, "ETH ( all )", "ETH", None, "1.5", 15 * 10**17),
        DeclaredTotal(4, "USDT-ERC20", "USDT", 1, "7", 7_000_000),
        DeclaredTotal(5, "BTC", "BTC", 2, "0", 0),
        DeclaredTotal(6, "APTOS", "APT", 3, "3", None),
    )
    assert (outcome.summary.lines, outcome.finding_kinds) == (2, [])


def test_a_total_over_all_rows_of_a_coin_is_the_asset_where_these_are_all_there_is(tmp_path: Path) -> None:
    rows = f"ETH,Non Staking,ETH,5,{evm(1)},1,m,s,,,,\nETH,Native ETH Staking,ETH,5,0x{'ab' * 48},32,m,s,,,,\n"
    outcome = read(tmp_path, f"coin,amount\nETH,33\n\n{OKX_12}\n{rows}")
    assert [(total.asset, total.instrument_no) for total in outcome.summary.declared] == [("ETH", None)]

    more = f"{rows}BETH,Non Staking,BETH,5,0x{'cd' * 48},1,m,s,,,,\n"
    outcome = read(tmp_path, f"coin,amount\nETH,33\n\n{OKX_12}\n{more}")
    assert [total.amount for total in outcome.summary.declared] == [None]
    assert outcome.finding_kinds == ["total-not-comparable"]


@pytest.mark.parametrize("row", ["MOON,1", "MOON(ALL),1", "ETH,-1", "ETH,1.0000000000000000001", "ETH,"])
def test_a_total_that_means_nothing_is_kept_and_a_finding(tmp_path: Path, row: str) -> None:
    outcome = read(tmp_path, f"coin,amount\n{row}\n\n{OKX_9}\nETH,ETH,5,{evm(1)},1,m,s,,\n")
    assert [(total.line_no, total.amount) for total in outcome.summary.declared] == [(2, None)]
    assert [(finding.kind, finding.line_no) for finding in outcome.summary.findings] == [("total-not-comparable", 2)]
    assert outcome.summary.lines == 1


def test_spreadsheets_pad_totals_with_commas(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"coin,amount,,,\nETH,1,,,\n,,,,\n{OKX_9}\nETH,ETH,5,{evm(1)},1,m,s,,\n")
    assert [total.amount for total in outcome.summary.declared] == [10**18]
    assert outcome.rejected == []


@pytest.mark.parametrize("row", ["ETH", "ETH,1,234.5"])
def test_a_total_of_another_width_is_a_rejected_line(tmp_path: Path, row: str) -> None:
    outcome = read(tmp_path, f"coin,amount\n{row}\n\n{OKX_9}\nETH,ETH,5,{evm(1)},1,m,s,,\n")
    assert outcome.reasons == [(2, "columns")]
    assert outcome.summary.declared == ()


def test_totals_are_bounded(tmp_path: Path) -> None:
    outcome = read(tmp_path, "coin,amount\n" + "ETH,1\n" * 10_001 + OKX_9)
    assert len(outcome.summary.declared) == 10_000
    assert outcome.reasons == [(10_002, "columns")]
