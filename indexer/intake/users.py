"""The list of users an exchange commits to: ``user,BTC:8,ETH:18``, then one line a user, amounts in decimal.

CSV, or the same columns as Parquet (users_parquet.py).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, NoReturn

from indexer.core.amounts import BadAmount, parse_amount
from indexer.intake import users_parquet
from indexer.liabilities.assay_sum import AMOUNT_END, ASSETS_MAX, TEXT_BYTES_MAX, Amounts, Asset

_ASSET = re.compile(r"([^\s:]{1,100}):(\d{1,2})")


class BadUsers(ValueError):
    """The list of users, the secret or the output directory cannot be used; the message says which and where."""


class Row(NamedTuple):
    """``line`` is 1-based: the last one of the row, whose cells may hold line ends."""

    line: int
    cells: list[str]


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def read_assets(path: Path) -> tuple[Asset, ...]:
    """The first line. Raises BadUsers."""
    with closing(_lines(path)) as lines:
        try:
            row = next(csv.reader(lines, strict=True), [])
        except (ValueError, csv.Error) as error:
            _refuse(path, 1, error)
    matches = [_ASSET.fullmatch(cell.strip()) for cell in row[1:]]
    assets = tuple(Asset(match[1], int(match[2])) for match in matches if match is not None)
    if row[:1] != ["user"] or not 0 < len(assets) <= ASSETS_MAX or len(assets) != len(row) - 1:
        _refuse(path, 1, "the first line must be user,ASSET:DECIMALS,...")
    if len({asset.name for asset in assets}) != len(assets):
        _refuse(path, 1, "an asset twice")
    return assets


def read_rows(path: Path) -> Iterator[Row]:
    """Every line after the first that is not empty, streamed. Raises BadUsers naming the line."""
    with closing(_lines(path)) as lines:
        rows = csv.reader(lines, strict=True)
        try:
            next(rows)
            for row in rows:
                if row:
                    yield Row(rows.line_num, row)
        except (ValueError, csv.Error) as error:
            _refuse(path, rows.line_num, error)


def _lines(path: Path) -> Generator[str]:
    """Raises ValueError, OSError."""
    if is_parquet(path):
        for block in users_parquet.blocks(path):
            yield from io.StringIO(block.decode(), newline="")
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file


def read_users(path: Path, assets: tuple[Asset, ...]) -> Iterator[tuple[int, str, Amounts]]:
    """Line, user and base units, streamed. Raises BadUsers naming the line."""
    for row in read_rows(path):
        yield row.line, *user_of(path, row, assets)


def user_of(path: Path, row: Row, assets: tuple[Asset, ...]) -> tuple[str, Amounts]:
    """User and base units of a row. Raises BadUsers naming its line."""
    try:
        return _user(row.cells, assets)
    except ValueError as error:
        _refuse(path, row.line, error)


def _user(row: list[str], assets: tuple[Asset, ...]) -> tuple[str, Amounts]:
    """Raises ValueError."""
    if len(row) != len(assets) + 1:
        raise ValueError(f"{len(row)} columns, not {len(assets) + 1}")
    user = row[0]
    if user != user.strip() or not 0 < len(user.encode()) <= TEXT_BYTES_MAX:
        raise ValueError(f"a user is 1 to {TEXT_BYTES_MAX} bytes without surrounding space")
    amounts = []
    for cell, asset in zip(row[1:], assets, strict=True):
        try:
            amounts.append(parse_amount(cell, decimals=asset.decimals))
        except BadAmount as error:
            raise ValueError(f"{asset.name}: {error}") from None
    if max(amounts) >= AMOUNT_END:
        raise ValueError("an amount beyond 128 bits")
    return user, tuple(amounts)


def _refuse(path: Path, line: int, reason: object) -> NoReturn:
    raise BadUsers(f"{path.name}:{line}: {reason}") from None
