"""Users, streamed from their list into one file in a secret order, of which a segment is a run.

Memory holds one block of the list, then one bucket of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from indexer.intake.user_blocks import UserBlock, read_user_blocks
from indexer.intake.users import BadUsers
from indexer.liabilities.assay_sum import Asset
from indexer.liabilities.stark.hashing import purpose_key
from indexer.liabilities.stark.kernels.blake3 import hash_rows
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.params import Parameters

BUCKETS = 256  # by the first byte of the key
_LOW = np.uint64(0xFFFFFFFF)

Records = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Gathered:
    """``digest`` is of all records: the randomness of the proof is bound to it."""

    users: int
    totals: tuple[int, ...]
    digest: bytes


def record_type(assets: int) -> np.dtype[np.void]:
    """The place in the order (two words, secret), the user's public digest, the balances."""
    return np.dtype([("key", "<u8", 2), ("id", "u1", 32), ("balances", "<u8", (assets,))])


def gather(
    users: Path,
    assets: tuple[Asset, ...],
    params: Parameters,
    *,
    order_key: bytes,
    directory: Path,
    progress: Callable[[int], None],
) -> Gathered:
    """Write ``records.bin``; ``progress`` hears how many more users were read. Raises BadUsers."""
    blocks = read_user_blocks(users, assets, end=params.balance_end)
    _scatter(blocks, len(assets), order_key, directory, progress)
    return _sort(directory, len(assets))


def records_path(directory: Path) -> Path:
    return directory / "records.bin"


def read_records(directory: Path, assets: int, *, first: int, count: int) -> Records:
    kind = record_type(assets)
    return np.fromfile(records_path(directory), kind, count, offset=first * kind.itemsize)


def find_record(directory: Path, assets: int, key: tuple[int, int], users: int) -> int | None:
    """Where the record with this key stands: a binary search on disk."""
    kind = record_type(assets)
    low, high = 0, users
    with records_path(directory).open("rb") as file:
        while low < high:
            middle = (low + high) // 2
            file.seek(middle * kind.itemsize)
            (found,) = np.frombuffer(file.read(kind.itemsize), kind)
            met = (int(found["key"][0]), int(found["key"][1]))
            if met == key:
                return middle
            low, high = (middle + 1, high) if met < key else (low, middle)
    return None


def user_digests(block: UserBlock) -> NDArray[np.uint32]:
    """`user.user_digest` of every user of the block: [users, 8]. Names of one length are hashed together."""
    out = np.empty((block.sizes.size, 8), np.uint32)
    for size in np.unique(block.sizes):
        places = np.nonzero(block.sizes == size)[0]
        message = matrix(places.size, 1 + (int(size) + 3) // 4)
        message[:, 0] = size
        spread = block.starts[places][:, None] + np.arange(size)[None, :]
        message.view(np.uint8)[:, 4 : 4 + size] = block.text[spread]
        out[places] = hash_rows(purpose_key("user"), message, 4 + int(size))
    return out


def order_keys(digests: NDArray[np.uint32], order_key: bytes) -> NDArray[np.uint64]:
    """Where the users stand: [users, 2], compared as (first, second)."""
    message = matrix(len(digests), 8)
    message[:, :8] = digests
    words = hash_rows(order_key, message, 32)[:, :4].astype(np.uint64)
    return words[:, 0::2] | (words[:, 1::2] << np.uint64(32))


def _scatter(
    blocks: Iterator[UserBlock], assets: int, order_key: bytes, directory: Path, progress: Callable[[int], None]
) -> None:
    """Every record behind its line (u64), into the bucket of its key."""
    kind = _bucket_type(assets)
    with ExitStack() as stack:
        buckets = [stack.enter_context(_bucket(directory, at).open("wb")) for at in range(BUCKETS)]
        for block in blocks:
            records = np.zeros(block.lines.size, kind)
            digests = user_digests(block)
            records["line"] = block.lines
            records["record"]["key"] = order_keys(digests, order_key)
            records["record"]["id"] = digests.astype("<u4").view(np.uint8)
            records["record"]["balances"] = block.balances
            place = records["record"]["key"][:, 0] >> np.uint64(56)
            order = np.argsort(place, kind="stable")
            bounds = np.searchsorted(place[order], np.arange(BUCKETS + 1, dtype=np.uint64))
            for at, bucket in enumerate(buckets):
                bucket.write(records[order[bounds[at] : bounds[at + 1]]].tobytes())
            progress(block.lines.size)


def _sort(directory: Path, assets: int) -> Gathered:
    totals, digest, count = [0] * assets, blake3(), 0
    with records_path(directory).open("wb") as out:
        for records in _buckets(directory, assets):
            balances = records["balances"]
            low, high = (balances & _LOW).sum(axis=0), (balances >> np.uint64(32)).sum(axis=0)
            totals = [
                total + int(one) + (int(other) << 32) for total, one, other in zip(totals, low, high, strict=True)
            ]
            data = records.tobytes()
            digest.update(data)
            out.write(data)
            count += len(records)
    return Gathered(count, tuple(totals), digest.digest())


def _buckets(directory: Path, assets: int) -> Iterator[Records]:
    """Each sorted by key, and deleted. Raises BadUsers where two records have one key."""
    for at in range(BUCKETS):
        path = _bucket(directory, at)
        held = np.fromfile(path, _bucket_type(assets))
        key = held["record"]["key"]
        held = held[np.lexsort((held["line"], key[:, 1], key[:, 0]))]
        key = held["record"]["key"]
        same = np.nonzero((key[1:] == key[:-1]).all(axis=1))[0]
        if same.size:
            one, other = (int(held["line"][same[0] + step]) for step in (0, 1))
            raise BadUsers(f"the same user on lines {one} and {other}")
        yield held["record"]
        path.unlink()


def _bucket_type(assets: int) -> np.dtype[np.void]:
    return np.dtype([("line", "<u8"), ("record", record_type(assets))])


def _bucket(directory: Path, at: int) -> Path:
    return directory / f"bucket-{at:03}.bin"
