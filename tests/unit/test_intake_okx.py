"""Every published generation of the OKX list."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.intake.instruments import OTHER_TYPE_REASON
from tests.shared import shared
from tests.unit.intake_kit import BEACON, ETH, OKX_7, OKX_9, OKX_11, OKX_12, VALIDATOR_REASON, evm, read, read_path

VALIDATOR = "0x" + "ab" * 48
QUOTED_KEYS = '"{""publicKey1"":""pub-1"",""publicKey2"":""pub-2""}"'


def test_seven_columns_are_base_units_with_heights_from_the_totals_block(tmp_path: Path) -> None:
    outcome = read(
        tmp_path,
        f"coin,snapshot height,amount\nETH(ALL),-,6\nETH,16005122, 5.2834\nUSDT-ERC20,16005199,0\n\n{OKX_7}\n"
        f"ETH,{evm(1)},58300000000000000,I am an OKX address,0xe0,,\n"
        f"USDT-ERC20,{evm(1)},132513768,I am an OKX address,0x69,null,\n"
        f"USDT-ERC20,{evm(2)},1.5,I am an OKX address,0x69,null,\n\n",
    )
    assert outcome.summary.format == "okx-7"
    assert [(claim.height, claim.claimed) for claim in outcome.claims] == [
        (16005122, 58300000000000000),
        (16005199, 132513768),
    ]
    assert outcome.reasons == [(9, "bad-amount")]


def test_seven_columns_without_a_height_for_the_coin_says_so(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"coin,snapshot height,amount\nBTC,1,1\n\n{OKX_7}\nETH,{evm(1)},5,m,s,,\n")
    assert outcome.claims[0].height is None
    assert outcome.finding_kinds == ["no-height"]


@pytest.mark.parametrize("second", ["17", "seventeen"])
def test_seven_columns_with_two_heights_for_one_coin_reject_its_rows(tmp_path: Path, second: str) -> None:
    totals = f"coin,snapshot height,amount\nETH,16,1\nETH,{second},1\n"
    outcome = read(tmp_path, f"{totals}\n{OKX_7}\nETH,{evm(1)},5,m,s,,\n")
    assert outcome.reasons == [(6, "bad-height")]
    assert (outcome.rejected[0].instrument_no, outcome.rejected[0].claimed) == (0, 5)


@pytest.mark.parametrize(
    "header",
    [
        OKX_9,
        OKX_9.upper(),
        OKX_9.replace("script/ public key", "script/public key"),
        OKX_9.replace(",", ",  "),
        "coin,network,snapshot height,address,balance,message,signature1,signature2,redeem script",
    ],
)
def test_nine_columns_however_the_header_is_spelt(tmp_path: Path, header: str) -> None:
    row = f"USDT-ERC20,ETH,20914735,{evm(7)},0.000001,I am an OKX address,0x07,,"
    outcome = read(tmp_path, f"coin,amount\nUSDT-ERC20,0.000001\n\n{header}\n{row}\n")
    assert outcome.summary.format == "okx-9"
    assert [(claim.line_no, claim.height, claim.claimed) for claim in outcome.claims] == [(5, 20914735, 1)]


def test_eleven_columns_may_end_before_the_owners_but_not_between_them(tmp_path: Path) -> None:
    rows = [
        f"ETH,ETH,5,{evm(1)},1,m,s,,",
        f"ETH,ETH,5,{evm(2)},1,m,s,,,0xowner,",
        f"ETH,ETH,5,{evm(3)},1,m,s,,,0xowner",
        f"ETH,ETH,5,{evm(4)},1,m,s,,,,,",
    ]
    outcome = read(tmp_path, "\n".join([OKX_11, *rows]))
    assert outcome.summary.format == "okx-11"
    assert [claim.line_no for claim in outcome.claims] == [2, 3]
    assert outcome.reasons == [(4, "columns"), (5, "columns")]


def test_an_unquoted_thousands_separator_never_shifts_into_a_smaller_amount(tmp_path: Path) -> None:
    rows = [f"ETH,ETH,5,{evm(1)},1,234,567.8,m,s,,", f"ETH,ETH,5,{evm(2)},1,234.5,m,s,,"]
    outcome = read(tmp_path, "\n".join([OKX_11, *rows]))
    assert outcome.claims == []
    assert outcome.reasons == [(2, "columns"), (3, "columns")]


def test_twelve_columns_keep_the_type_and_staked_rows_are_unsupported(tmp_path: Path) -> None:
    rows = [
        f"ETH,Non Staking,ETH,5,{evm(1)},1,m,s,,,,",
        f"ETH,Native ETH Staking,ETH,5,{VALIDATOR},32,m,s,,,,",
        f"ETH,Eigenlayer Staking,ETH,5,{VALIDATOR},32,m,s,,,,",
        f"ETH,Moon Staking,ETH,5,{evm(1)},7,m,s,,,,",
        f"USDT-ERC20,Native ETH Staking,ETH,5,{evm(1)},7,m,s,,{QUOTED_KEYS},,",
    ]
    outcome = read(tmp_path, "\n".join([OKX_12, *rows]))
    assert outcome.summary.format == "okx-12"
    assert outcome.rejected == []
    specs = outcome.summary.instruments
    got = [(claim.kind, claim.address, claim.claimed, specs[claim.instrument_no]) for claim in outcome.claims]
    assert [kind for kind, *_ in got] == [
        *("Non Staking", "Native ETH Staking", "Eigenlayer Staking", "Moon Staking", "Native ETH Staking")
    ]
    assert got[1][1:3] == (VALIDATOR, 32 * 10**18)
    assert [spec.unsupported for *_, spec in got] == [
        None,
        VALIDATOR_REASON,
        VALIDATOR_REASON,
        OTHER_TYPE_REASON,
        OTHER_TYPE_REASON,
    ]
    chains = (ETH, BEACON, BEACON, ETH)
    assert [(spec.asset, spec.chain, spec.decimals) for *_, spec in got[:4]] == [("ETH", c, 18) for c in chains]
    assert len({claim.instrument_no for claim in outcome.claims}) == 5


def test_a_network_nobody_reads_is_accepted_as_published(tmp_path: Path) -> None:
    rows = ["USDT-TON,TON,43716515, UQB1CKrU ,170.479995,m,s,,", "APTOS,APTOS,100,0xdead,1.50,m,s,,"]
    outcome = read(tmp_path, "\n".join([OKX_11, *rows]))
    ton, aptos = outcome.claims
    assert (ton.address, ton.claimed, ton.claimed_text) == ("UQB1CKrU", 170479995, None)
    assert (aptos.claimed, aptos.claimed_text) == (None, "1.50")
    assert all(spec.unsupported for spec in outcome.summary.instruments)


def test_instruments_are_numbered_in_order_of_appearance(tmp_path: Path) -> None:
    rows = [f"{coin},{evm(at)},1,m,s,," for at, coin in enumerate(("USDT-ERC20", "ETH", "usdt-erc20 ", "ETH"))]
    outcome = read(tmp_path, "\n".join([OKX_7, *rows]))
    assert [claim.instrument_no for claim in outcome.claims] == [0, 1, 0, 1]
    assert [spec.asset for spec in outcome.summary.instruments] == ["USDT", "ETH"]


def test_the_published_example_of_eleven_columns() -> None:
    outcome = read_path(shared("okx", "okx_por_example.csv"))
    assert outcome.summary.format == "okx-11"
    assert (outcome.summary.lines, outcome.summary.accepted, outcome.summary.rejected) == (5, 5, 0)
    assert [(claim.line_no, claim.height, claim.claimed) for claim in outcome.claims] == [
        (16, 20914735, 58959708849230328),
        (17, 20914735, 148960774325814037),
        (18, 20914735, 148960774325814037),
        (19, 43716515, 170479995),
        (20, 100, None),
    ]
    assert outcome.claims[4].claimed_text == "1.5"
    assert len(outcome.summary.declared) == 12


def test_the_published_example_of_twelve_columns() -> None:
    outcome = read_path(shared("okx", "okx_por_staking_example.csv"))
    assert outcome.summary.format == "okx-12"
    assert [claim.claimed for claim in outcome.claims] == [58959708849230328, 32 * 10**18, 32 * 10**18]
    assert [bool(spec.unsupported) for spec in outcome.summary.instruments] == [False, True, True]
    assert [(total.asset, total.instrument_no, total.amount) for total in outcome.summary.declared] == [
        ("ETH", None, 64 * 10**18)
    ]


def test_the_published_audit_list_claims_no_amounts() -> None:
    outcome = read_path(shared("okx", "test.csv"))
    assert (outcome.summary.format, outcome.summary.lines) == ("okx-audit", 9)
    assert [(claim.line_no, claim.height, claim.claimed, claim.claimed_text) for claim in outcome.claims] == [
        (2, None, None, None)
    ]
