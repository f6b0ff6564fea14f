"""Users as Parquet: the same rows as the CSV of the same table, and what is not exact refused by name."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from indexer.intake.user_blocks import read_user_blocks
from indexer.intake.users import BadUsers, read_assets, read_users
from indexer.liabilities.assay_sum import Asset

END = 2**60
ASSETS = (Asset("BTC", 8), Asset("ETH", 4), Asset("SHIB", 0))
NAMES = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\x85"), min_size=1, max_size=12)
USERS = st.lists(
    st.tuples(NAMES, st.integers(0, 10**15), st.decimals(0, 10**6, places=4), st.integers(0, 10**18)), max_size=40
)


def write(path: Path, users: list[tuple[str, int, Decimal, int]], **changes: Any) -> Path:
    table = {
        "user": pa.array([name for name, *_ in users], pa.string()),
        "BTC:8": pa.array([f"{sats // 10**8}.{sats % 10**8:08d}" for _, sats, _, _ in users], pa.string()),
        "ETH:4": pa.array([ether for *_, ether, _ in users], pa.decimal128(38, 4)),
        "SHIB:0": pa.array([shib for *_, shib in users], pa.int64()),
    }
    parquet.write_table(pa.table(table | changes), path)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(USERS)
def test_the_same_rows_as_from_csv(tmp_path: Path, users: list[tuple[str, int, Decimal, int]]) -> None:
    path, plain = write(tmp_path / "users.parquet", users), tmp_path / "users.csv"
    with plain.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["user", *(f"{asset.name}:{asset.decimals}" for asset in ASSETS)])
        rows.writerows((name, f"{s // 10**8}.{s % 10**8:08d}", f"{e:f}", t) for name, s, e, t in users)
    assert read_assets(path) == read_assets(plain) == ASSETS
    expected = [(name, (sats, int(ether.scaleb(4)), shib)) for name, sats, ether, shib in users]
    assert [(name, tuple(amounts)) for _, name, amounts in read_users(path, ASSETS)] == expected
    assert list(read_users(path, ASSETS)) == list(read_users(plain, ASSETS))
    quick = [
        (block.name(place).decode(), tuple(block.balances[place].tolist()))
        for block in read_user_blocks(path, ASSETS, end=END)
        for place in range(len(block.lines))
    ]
    assert quick == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ETH:4": pa.array([1.5])}, "'ETH:4' is double"),
        ({"ETH:4": pa.array([None], pa.int64())}, "users.parquet:2"),
        ({"ETH:4": pa.array([-1])}, "users.parquet:2"),
        ({"a,b": pa.array([1])}, "'a,b' is no"),
    ],
)
def test_what_is_not_exact_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "users.parquet", [("a", 1, Decimal(1), 1)], **changes)
    for read in (
        lambda: list(read_users(path, read_assets(path))),
        lambda: list(read_user_blocks(path, ASSETS, end=END)),
    ):
        with pytest.raises(BadUsers, match=said):
            read()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    path.write_text("user,BTC:8\n")
    with pytest.raises(BadUsers, match=r"users\.parquet"):
        read_assets(path)


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "users.parquet", [("a", 1, Decimal(1), 1)])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadUsers, match=r"assay\[parquet\]"):
        read_assets(path)
