"""Faults 29, 30 and 31: duplicates, amounts and addresses, each with its outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chains import registry
from indexer.intake import open_list
from indexer.model.claims import RejectedLine, ReserveClaim
from indexer.settings import Settings, load
from tests.unit.intake_kit import OKX_9, PLAIN, evm, read

ReadOne = Callable[[str, str], tuple[list[ReserveClaim], list[RejectedLine]]]


def test_duplicates_are_lines_like_others_and_left_to_the_store(tmp_path: Path) -> None:
    row = f"Ethereum,ETH,{evm(1)},1"
    outcome = read(tmp_path, "\n".join([PLAIN, row, row, row.upper().replace("0X", "0x")]))
    assert [claim.line_no for claim in outcome.claims] == [2, 3, 4]
    assert len({(claim.instrument_no, claim.address) for claim in outcome.claims}) == 1


@pytest.mark.parametrize(
    ("text", "base_units"),
    [("1e-7", 10), (" 1.5  ", 150_000_000), ("0.1000000000000000000", 10_000_000), ("0", 0), (".5", 50_000_000)],
)
def test_amounts_that_are_read(tmp_path: Path, text: str, base_units: int) -> None:
    outcome = read(tmp_path, f"{PLAIN}\nBitcoin,BTC,bc1qxyz,{text}\n")
    assert [claim.claimed for claim in outcome.claims] == [base_units]


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "+1", "NaN", "inf", "0.123456789", '"1,234.5"', "1_000", "1'000", "0x10", "1e99", "١"]
)
def test_amounts_that_are_refused(tmp_path: Path, text: str) -> None:
    outcome = read(tmp_path, f"{PLAIN}\nBitcoin,BTC,bc1qxyz,{text}\n")
    assert outcome.reasons == [(2, "bad-amount")]
    assert (outcome.rejected[0].instrument_no, outcome.rejected[0].claimed) == (0, None)


@pytest.mark.parametrize("text", ["", "-1", "NaN", '"1,234.5"', "x", "1" * 500])
def test_amounts_are_checked_even_where_the_decimals_are_unknown(tmp_path: Path, text: str) -> None:
    outcome = read(tmp_path, f"{OKX_9}\nAPTOS,APTOS,1,0xdead,{text},m,s,,\n")
    assert outcome.reasons == [(2, "bad-amount")]


@pytest.mark.parametrize("address", ["", "x" * 600, "0xde\u0430d", "0xde\x1bad"])
def test_addresses_of_networks_nobody_reads_must_still_look_like_one(tmp_path: Path, address: str) -> None:
    outcome = read(tmp_path, f"{OKX_9}\nUSDT-TON,TON,1,{address},2,m,s,,\n")
    assert outcome.reasons == [(2, "bad-address")]
    assert (outcome.rejected[0].instrument_no, outcome.rejected[0].claimed) == (0, 2_000_000)


def test_a_hidden_address_makes_its_line_unsupported_and_no_other(tmp_path: Path) -> None:
    rows = "Bitcoin,BTC,bc1qxyz,1\nBitcoin,BTC,hidden1,2\nBitcoin,BTC,bc1qabc,3\nBitcoin,BTC,hidden2,4\n"
    outcome = read(tmp_path, f"{PLAIN}\n{rows}")
    assert outcome.rejected == []
    assert [(claim.instrument_no, claim.address, claim.claimed) for claim in outcome.claims] == [
        (0, "bc1qxyz", 10**8), (1, "hidden1", 2 * 10**8), (0, "bc1qabc", 3 * 10**8), (1, "hidden2", 4 * 10**8),
    ]  # fmt: skip
    shown, hidden = outcome.summary.instruments
    assert (hidden.asset, hidden.chain, hidden.decimals) == (shown.asset, shown.chain, shown.decimals)
    assert (shown.unsupported, hidden.unsupported, hidden.instrument) == (None, "its coins are hidden", None)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load({})


@pytest.fixture
def read_one(settings: Settings, tmp_path: Path) -> ReadOne:
    """Reads one plain row with the shipped configuration and the real families."""

    def read_row(asset: str, address: str) -> tuple[list[ReserveClaim], list[RejectedLine]]:
        path = tmp_path / "list.csv"
        path.write_text(f"{PLAIN}\n{asset},{asset},{address},1\n", encoding="utf-8")
        (batch,) = open_list(path, settings.names, lambda chain: registry.adapter(settings.chains[chain]))
        return batch.claims, batch.rejected

    return read_row


CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.mark.parametrize(
    ("asset", "address"),
    [
        ("ETH", CHECKSUMMED.replace("5aAe", "5aae")),  # checksum broken by case
        ("ETH", CHECKSUMMED.replace("F", "\u03dc")),  # homoglyph
        ("ETH", GENESIS),  # another network's address
        ("BTC", CHECKSUMMED),
        ("BTC", GENESIS.replace("1zP1", "1zp1")),
        ("BTC", GENESIS.replace("A1", "\u04101")),
        ("BTC", "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"),
        ("LTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ],
)
def test_no_wrong_address_passes_the_real_families(read_one: ReadOne, asset: str, address: str) -> None:
    claims, rejected = read_one(asset, address)
    assert claims == []
    assert [line.reason.value for line in rejected] == ["bad-address"]
    assert rejected[0].claimed is not None


@pytest.mark.parametrize(
    ("asset", "address", "canonical"),
    [
        ("ETH", f" {CHECKSUMMED} ", CHECKSUMMED.lower()),
        ("BTC", GENESIS, GENESIS),
        ("BTC", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ],
)
def test_right_addresses_get_one_spelling(read_one: ReadOne, asset: str, address: str, canonical: str) -> None:
    claims, _ = read_one(asset, address)
    assert [claim.address for claim in claims] == [canonical]
