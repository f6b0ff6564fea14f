"""Statements of liabilities: exact, complete, and nothing in them that was not understood."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.intake import BadStatement, read_statement
from indexer.model.liabilities import Commitment, Liability, LiabilityStatement, Source
from tests.unit.intake_kit import names

TOML = """as_of = "2026-11-01T00:00:00Z"
[commitment]
scheme = "merkle-sum"
root = "0xabc"
[[liability]]
asset = "BTC"
amount = "1.5"
attested = "0.25"
custodian = "Vault Ltd"
[[liability]]
asset = "usdt"
amount = 7
"""
CSV = """# scheme: merkle-sum
# root: 0xabc
# as_of: 2026-11-01T00:00:00Z
Asset,Amount,Attested,Custodian
BTC,1.5,0.25,Vault Ltd

usdt, 7 ,,
"""
JSON = json.dumps(
    {
        "as_of": "2026-11-01T00:00:00Z",
        "commitment": {"scheme": "merkle-sum", "root": "0xabc"},
        "liability": [
            {"asset": "BTC", "amount": "1.5", "attested": "0.25", "custodian": "Vault Ltd"},
            {"asset": "usdt", "amount": 7},
        ],
    }
)


def read(tmp_path: Path, suffix: str, content: str | bytes) -> LiabilityStatement:
    path = tmp_path / f"owed{suffix}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_statement(path, names())


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".toml", TOML), (".csv", CSV), (".json", JSON), (".CSV", CSV.replace("\n", "\r\n").encode("utf-16"))],
)
def test_three_ways_to_say_the_same(tmp_path: Path, suffix: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    assert read(tmp_path, suffix, content) == LiabilityStatement(
        sha256=hashlib.sha256(data).hexdigest(),
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        commitment=Commitment("merkle-sum", "0xabc"),
        liabilities=(
            Liability("BTC", 8, 150_000_000, 25_000_000, "Vault Ltd"),
            Liability("USDT", 6, 7_000_000, 0),
        ),
        findings=(),
    )


SOURCES = {
    ".toml": """
[commitment]
scheme = "merkle-sum"
root = "0xabc"
covers = ["customer", "margin"]
[[liability]]
asset = "BTC"
amount = "1"
[[liability]]
asset = "BTC"
amount = "2"
source = "insurance-fund"
""",
    ".csv": """# scheme: merkle-sum
# root: 0xabc
# covers: customer, margin
asset,source,amount
BTC,,1
BTC,insurance-fund,2
""",
}


def test_staked_coins_are_owed_as_the_asset(tmp_path: Path) -> None:
    (owed,) = read(tmp_path, ".csv", "asset,amount\nbeth,2.5\n").liabilities
    assert (owed.asset, owed.scale, owed.amount) == ("ETH", 18, 25 * 10**17)


@pytest.mark.parametrize("suffix", SOURCES)
def test_one_asset_owed_to_two_sources_is_two_liabilities(tmp_path: Path, suffix: str) -> None:
    statement = read(tmp_path, suffix, SOURCES[suffix])
    assert statement.commitment.covers == (Source.CUSTOMER, Source.MARGIN)
    assert statement.liabilities == (
        Liability("BTC", 8, 100_000_000, 0),
        Liability("BTC", 8, 200_000_000, 0, source=Source.INSURANCE_FUND),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "insurance-fund"', "", "asset BTC is stated twice"),
        (
            'source = "insurance-fund"',
            'source = "staff"',
            r"Invalid enum value 'staff' - at `\$\.liability\[1\]\.source`",
        ),
        ('["customer", "margin"]', "[]", "covers: names the sources"),
        ('["customer", "margin"]', '["margin", "margin"]', "covers: names the sources"),
        ('["customer", "margin"]', '["staff"]', "Invalid enum value 'staff'"),
    ],
)
def test_sources_that_mean_nothing_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(BadStatement, match=message):
        read(tmp_path, ".toml", SOURCES[".toml"].replace(old, new, 1))


def test_a_statement_may_leave_its_totals_to_its_commitment(tmp_path: Path) -> None:
    statement = read(tmp_path, ".csv", "# scheme: merkle-sum\n# root: 0xabc\nasset,amount\n")
    assert (statement.liabilities, statement.commitment.root) == ((), "0xabc")
    with pytest.raises(BadStatement, match="no liabilities"):
        read(tmp_path, ".csv", "asset,amount\n")


def test_without_commitment_or_time_there_is_a_finding_and_no_time(tmp_path: Path) -> None:
    statement = read(tmp_path, ".csv", "asset,amount\nBTC,0\n")
    assert (statement.as_of, statement.commitment) == (None, Commitment("none", ""))
    assert [finding.kind for finding in statement.findings] == ["no-commitment"]


def test_toml_has_times_of_its_own(tmp_path: Path) -> None:
    statement = read(tmp_path, ".toml", TOML.replace('"2026-11-01T00:00:00Z"', "2026-11-01T02:00:00+02:00"))
    assert statement.as_of == datetime(2026, 11, 1, tzinfo=UTC)


def test_big_integers_stay_exact(tmp_path: Path) -> None:
    stated = 123456789012345678901234567890123
    statement = read(tmp_path, ".json", JSON.replace('"amount": 7', f'"amount": {stated}'))
    assert statement.liabilities[1].amount == stated * 10**6


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("amount = 7", "amount = 7.0", r"got `float` - at `\$\.liability\[1\]\.amount`.*write amounts as text"),
        ('attested = "0.25"', "attested = 0.25", r"\$\.liability\[0\]\.attested"),
        ("amount = 7", "amount = true", r"got `bool` - at `\$\.liability\[1\]\.amount`"),
        ("amount = 7", "amount = nan", r"got `float`"),
        ("amount = 7", "amount = -7", "USDT: amount: negative"),
        ("amount = 7", 'amount = "7,000"', "USDT: amount: thousands"),
        ("amount = 7", 'amount = ""', "USDT: amount: empty"),
        ("amount = 7", 'amount = "0.0000001"', "USDT: amount: more than 6 decimals"),
        ("amount = 7", "", r"missing required field `amount` - at `\$\.liability\[1\]`"),
        ("amount = 7", "amount = 7\namuont = 8", r"unknown field `amuont` - at `\$\.liability\[1\]`"),
        ("amount = 7", "amount = 7\namount = 8", "Cannot overwrite"),
        ("amount = 7", 'amount = 7\ncustodian = "X"', "USDT: a custodian without an attested amount"),
        ('root = "0xabc"', "", r"missing required field `root` - at `\$\.commitment`"),
        ('root = "0xabc"', 'root = ""', "its scheme and its root"),
        ('"merkle-sum"', '""', "its scheme and its root"),
        ('"merkle-sum"', '"none"', "its scheme and its root"),
        ('"0xabc"', '"a\\u0000b"', "root: .*control characters"),
        ("as_of", "as_off", "unknown field `as_off`"),
        ('"2026-11-01T00:00:00Z"', '"2026-11-01T00:00:00"', "as_of: .* has no time zone"),
        ('"2026-11-01T00:00:00Z"', "2026-11-01T00:00:00", "as_of: .* has no time zone"),
        ('"2026-11-01T00:00:00Z"', "2026-11-01", "as_of: .* has no time zone"),
        ('"2026-11-01T00:00:00Z"', '"yesterday"', "as_of: 'yesterday' is no ISO time"),
        ('"2026-11-01T00:00:00Z"', "5", "as_of: '5' is no ISO time"),
        ('"usdt"', '"DOGE"', "unknown asset 'DOGE'"),
        ('"usdt"', '"xbt"', "asset BTC is stated twice"),
        ('"BTC"', '"BETH"\namount = 1\n[[liability]]\nasset = "ETH"', "asset ETH is stated twice"),
    ],
)
def test_what_is_not_understood_stops_the_program(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TOML
    with pytest.raises(BadStatement, match=rf"owed\.toml: .*{message}"):
        read(tmp_path, ".toml", TOML.replace(old, new))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (JSON.replace('"amount": 7', '"amount": 7.5'), r"\$\.liability\[1\]\.amount"),
        (JSON.replace('"amount": 7', '"amount": NaN'), "NaN is no amount"),
        (JSON.replace('"amount": 7', '"amount": 7, "amount": 8'), "key 'amount' twice"),
        (JSON.replace('"amount": 7', '"amount": null'), "got `null`"),
        (JSON.replace('"amount": 7', f'"amount": {"9" * 5000}'), "owed"),
        (JSON[:-1], "owed"),
        ("[]", "Expected `object`, got `array`"),
        ('{"liability": []}', "no liabilities"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_no_statement(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(BadStatement, match=message):
        read(tmp_path, ".json", content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no liabilities"),
        ("asset,amount\n", "no liabilities"),
        ("asset,amuont\nBTC,1\n", "line 1: unknown column 'amuont'"),
        ("asset,asset\nBTC,1\n", "line 1: the same column twice"),
        ("asset,attested\nBTC,1\n", "missing required field `amount`"),
        ("asset,amount\nBTC,1,234\n", "line 2: 3 columns where the header has 2"),
        ('asset,amount\nBTC,"1\n', "line 2: unexpected end"),
        ("asset,amount\nBTC,\n", "BTC: amount: empty"),
        ("# salt: 5\nasset,amount\nBTC,1\n", "line 1: a # line is one of"),
        ("# root: 5\n# root: 6\nasset,amount\nBTC,1\n", "line 2: root is stated twice"),
        ("# root: 5\nasset,amount\nBTC,1\n", "missing required field `scheme`"),
        (b"asset,amount\nBTC,\xff\n", "not valid text"),
    ],
)
def test_csv_that_is_no_statement(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(BadStatement, match=message):
        read(tmp_path, ".csv", content)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadStatement, match=r"\.csv, \.json or \.toml"):
        read(tmp_path, ".xlsx", b"PK")
    with pytest.raises(BadStatement, match="larger than"):
        read(tmp_path, ".csv", b" " * (16 * 1024**2 + 1))
    with pytest.raises(FileNotFoundError):
        read_statement(tmp_path / "absent.csv", names())
