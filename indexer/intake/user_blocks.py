"""`users.read_users` for many millions of lines: blocks of them as arrays, with the same verdict on every line.

The plainest lines are read by compiled code (which needs numba), each other line by `users`; a file that quotes
anything is read by `users` from that block on, for only it knows where a quoted line ends.
"""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from indexer.intake import users_parquet
from indexer.intake.users import BadUsers, Row, is_parquet, read_users, user_of
from indexer.liabilities.assay_sum import Amounts, Asset
from indexer.liabilities.stark.kernels.lines import read_lines

BLOCK_BYTES = 8 << 20
LINES_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class UserBlock:
    """Users in the order of the list: their lines (1-based), names (UTF-8) and base units [users, assets]."""

    lines: NDArray[np.int64]
    text: NDArray[np.uint8]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    balances: NDArray[np.uint64]

    def name(self, place: int) -> bytes:
        start = int(self.starts[place])
        return self.text[start : start + int(self.sizes[place])].tobytes()


def read_user_blocks(path: Path, assets: tuple[Asset, ...], *, end: int) -> Iterator[UserBlock]:
    """Every user, each amount below ``end``. Raises BadUsers naming the line."""
    done = 1
    with closing(_blocks(path)) as blocks:
        header = next(blocks, b"")
        if b'"' in header or b"\r" in header.rstrip(b"\r\n"):
            yield from _slowly(path, assets, end, after=0)
            return
        for block in blocks:
            if b'"' in block or block.count(b"\r") != block.count(b"\r\n") or b"\0" in block:
                yield from _slowly(path, assets, end, after=done)
                return
            yield _block(path, assets, end, block, done)
            done += block.count(b"\n")


def _blocks(path: Path) -> Generator[bytes]:
    """The header line, then blocks of whole lines."""
    if is_parquet(path):
        try:
            yield from users_parquet.blocks(path)
        except users_parquet.NotParquet as error:
            raise BadUsers(f"{path.name}: {error}") from None
    else:
        with path.open("rb") as file:
            yield file.readline()
            yield from _whole_lines(file)


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(BLOCK_BYTES):
        data = rest + chunk
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        if cut:
            yield data[:cut]
    if rest:
        yield rest + b"\n"


def _block(path: Path, assets: tuple[Asset, ...], end: int, block: bytes, done: int) -> UserBlock:
    text = np.frombuffer(block, np.uint8)
    ends = np.nonzero(text == ord("\n"))[0].astype(np.int64)
    starts = np.append(np.int64(0), ends[:-1] + 1)
    sizes, balances = np.zeros(ends.size, np.int64), np.zeros((ends.size, len(assets)), np.uint64)
    decimals = np.array([asset.decimals for asset in assets], np.int64)
    read_lines(text, ends, decimals, np.uint64(end), sizes, balances)
    for place in np.nonzero(sizes < 0)[0]:
        line = block[starts[place] : ends[place]]
        user, amounts = _one(path, assets, end, line, done + int(place) + 1)
        sizes[place] = len(user.encode())  # nothing is quoted: the line begins with the name itself
        balances[place] = amounts
    kept = np.nonzero(sizes)[0]
    return UserBlock(kept + done + 1, text, starts[kept], sizes[kept], balances[kept])


def _one(path: Path, assets: tuple[Asset, ...], end: int, line: bytes, number: int) -> tuple[str, Amounts]:
    try:
        (cells,) = csv.reader([line.decode()], strict=True)
    except (ValueError, csv.Error) as error:
        raise BadUsers(f"{path.name}:{number}: {error}") from None
    user, amounts = user_of(path, Row(number, cells), assets)
    _check_end(path, assets, amounts, end, number)
    return user, amounts


def _slowly(path: Path, assets: tuple[Asset, ...], end: int, *, after: int) -> Iterator[UserBlock]:
    """What stands after so many lines."""

    def rest() -> Iterator[tuple[int, str, Amounts]]:
        for line, user, amounts in read_users(path, assets):
            if line > after:
                _check_end(path, assets, amounts, end, line)
                yield line, user, amounts

    rows = rest()
    while some := list(islice(rows, LINES_AT_ONCE)):
        names = [user.encode() for _, user, _ in some]
        sizes = np.array([len(name) for name in names], np.int64)
        yield UserBlock(
            lines=np.array([line for line, _, _ in some], np.int64),
            text=np.frombuffer(b"".join(names), np.uint8),
            starts=np.cumsum(sizes) - sizes,
            sizes=sizes,
            balances=np.array([amounts for _, _, amounts in some], np.uint64),
        )


def _check_end(path: Path, assets: tuple[Asset, ...], amounts: Amounts, end: int, line: int) -> None:
    for asset, amount in zip(assets, amounts, strict=True):
        if amount >= end:
            reason = f"{asset.name}: not below {end} base units at {asset.decimals} decimals; state fewer"
            raise BadUsers(f"{path.name}:{line}: {reason}")
