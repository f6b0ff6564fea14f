"""The lists of other exchanges, and our own plain formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.intake import BadList
from tests.unit.intake_kit import ETH, PLAIN, USDT_ID, evm, read

BINANCE = "coin,network,address,balance,Height,Third party custodian name"


def test_htx_interleaves_totals_and_rows_without_blank_lines(tmp_path: Path) -> None:
    head = "coin,address,snapshot height,balance,message,signature"
    outcome = read(
        tmp_path,
        "\ufeffcoin,snapshot height,balance\nETH(All),-,3.5\n"
        f"{head}\nETH,{evm(1)},85840149,2.50,huobi,8fa149\nETH,{evm(2)},85840149,1.00,-,-\n"
        f"coin,snapshot height,balance\nUSDT-ERC20,5,7\n{head}\nUSDT-ERC20,{evm(1)},85840150,7.00,-,-\n",
    )
    assert outcome.summary.format == "htx"
    assert [(claim.height, claim.claimed) for claim in outcome.claims] == [
        (85840149, 25 * 10**17),
        (85840149, 10**18),
        (85840150, 7_000_000),
    ]
    assert [(total.asset, total.instrument_no, total.amount) for total in outcome.summary.declared] == [
        ("ETH", None, 35 * 10**17),
        ("USDT", 1, 7_000_000),
    ]
    assert (outcome.rejected, outcome.finding_kinds) == ([], [])


def test_binance_quotes_its_last_column_and_names_custodians_there(tmp_path: Path) -> None:
    rows = [
        f'USDT,ETH,{evm(1)},27405800.080000000000000000,59804916,""',
        f'ETH,ETH,{evm(2)},0.031817860000000000,24781026,""',
        f'ETH,ETH,{evm(3)},1.0,24781026,"Ceffu, Ltd"',
        f'ETH,ETH,{evm(4)},1.0,24781026,"Ceffu, Ltd"',
    ]
    outcome = read(tmp_path, "\n".join([BINANCE, *rows]))
    assert outcome.summary.format == "binance"
    assert [claim.claimed for claim in outcome.claims] == [27405800080000, 31817860000000000, 10**18, 10**18]
    assert [claim.kind for claim in outcome.claims] == ["", "", "Ceffu, Ltd", "Ceffu, Ltd"]
    assert [(finding.kind, finding.line_no) for finding in outcome.summary.findings] == [("third-party-custodian", 4)]
    assert len(outcome.summary.instruments) == 2


@pytest.mark.parametrize("network", ["Ethereum", "ethereum", str(ETH), "ETH"])
@pytest.mark.parametrize("asset", ["USDT", "usdt", str(USDT_ID), str(USDT_ID).upper().replace("ERC20:0X", "erc20:0x")])
def test_plain_rows_name_network_and_asset_in_any_known_way(tmp_path: Path, network: str, asset: str) -> None:
    outcome = read(tmp_path, f"{PLAIN}\n{network},{asset},{evm(1)},1.5\n")
    assert outcome.rejected == []
    assert outcome.claims[0].claimed == 1_500_000
    assert outcome.summary.instruments[0].instrument == USDT_ID


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("network,asset,address", "Ethereum,ETH,{a}", (None, None)),
        ("Address, Amount ,asset,NETWORK", "{a}, 2 ,ETH,Ethereum", (None, 2 * 10**18)),
        ("height,address,amount,asset,network", "12,{a},2,ETH,Ethereum", (12, 2 * 10**18)),
        ("height,address,amount,asset,network", "-,{a},2,ETH,Ethereum", (None, 2 * 10**18)),
    ],
)
def test_plain_columns_come_in_any_order(
    tmp_path: Path, header: str, cells: str, expected: tuple[int | None, int | None]
) -> None:
    outcome = read(tmp_path, f"{header}\n{cells.format(a=evm(1))}\n")
    assert outcome.summary.format == "plain-csv"
    assert [(claim.height, claim.claimed) for claim in outcome.claims] == [expected]


def test_a_misspelt_plain_column_stops_the_import(tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"list\.csv: unknown columns: network, asset, address, amuont"):
        read(tmp_path, f"network,asset,address,amuont\nEthereum,ETH,{evm(1)},1\n")


def _json(**more: object) -> str:
    return json.dumps({"network": "Ethereum", "asset": "USDT", "address": evm(1), **more})


def test_jsonl_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    lines = [
        _json(amount="1.5"),
        _json(amount=2, height=77),
        _json(amount=0.1),
        _json(),
        _json(amount="@").replace('"@"', "1e-6"),
        _json(amount="@").replace('"@"', "9007199254740993.000001"),
    ]
    outcome = read(tmp_path, "\n".join([*lines[:3], "", *lines[3:]]), name="list.jsonl")
    assert outcome.summary.format == "plain-jsonl"
    assert [(claim.line_no, claim.height, claim.claimed) for claim in outcome.claims] == [
        (1, None, 1_500_000),
        (2, 77, 2_000_000),
        (3, None, 100_000),
        (5, None, None),
        (6, None, 1),
        (7, None, 9007199254740993000001),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (_json(amount=1e-7), "bad-amount"),
        (_json(amount="NaN"), "bad-amount"),
        (_json(amount=""), "bad-amount"),
        (_json(amount=-1), "bad-amount"),
        (_json(amount=None), "columns"),
        (_json(amount=True), "columns"),
        (_json(amount=["1"]), "columns"),
        (_json(amount="@").replace('"@"', "NaN"), "columns"),
        (_json(amount="@").replace('"@"', "9" * 5000), "bad-amount"),
        (_json(amuont=1), "columns"),
        (_json(address=5), "columns"),
        (_json(address="\ud800"), "bad-address"),
        (_json(address="\0"), "bad-address"),
        (_json(height="1.0"), "bad-height"),
        (_json().replace("USDT", "DOGE"), "unknown-coin"),
        (_json(amount=1)[:-1] + ', "amount": 2}', "columns"),
        (_json()[:-1], "columns"),
        ('{"network": "Ethereum", "asset": "USDT"}', "columns"),
        ("{}", "columns"),
        ("5", "columns"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "columns"),
        (_json() + _json(), "columns"),
    ],
)
def test_a_bad_jsonl_line_is_rejected_alone(tmp_path: Path, line: str, reason: str) -> None:
    outcome = read(tmp_path, "\n".join([_json(amount=1), line, _json(amount=2)]), name="list.jsonl")
    assert outcome.reasons == [(2, reason)]
    assert [claim.line_no for claim in outcome.claims] == [1, 3]


def test_a_json_array_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="one object per line"):
        read(tmp_path, f"[{_json()}]")
