"""The leaves of a commitment in the order of their keys: scattered to buckets on all cores, each bucket then sorted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

from indexer.intake.users import BadUsers, Row, read_rows, user_of
from indexer.liabilities.assay_secret import KEY_BYTES, Secrets
from indexer.liabilities.assay_sum import Asset
from indexer.work.processes import Crew

BUCKETS = 256  # by the first byte of the key: a bucket holds 1/256 of the leaves
CHUNK_USERS = 4_000
_LINE_BYTES = 8
_FRONT = KEY_BYTES + _LINE_BYTES


def scatter(users: Path, assets: tuple[Asset, ...], make: partial[Secrets], tree: Path) -> None:
    """Every leaf into the bucket of its key: key || line (u64) || hash || packed amounts. Raises BadUsers."""
    with ExitStack() as stack:
        buckets = [stack.enter_context(_bucket(tree, at).open("wb")) for at in range(BUCKETS)]
        rows = read_rows(users)
        chunks = iter(lambda: list(islice(rows, CHUNK_USERS)), [])
        crew = stack.enter_context(Crew())
        for parts in crew.spread(_Maker(users, assets, make).leaves, chunks):
            for bucket, records in zip(buckets, parts, strict=True):
                bucket.write(records)


def gather(tree: Path, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Bucket by bucket the keys, and the nodes of ``size`` bytes, in order of key; the buckets are used up.

    Raises BadUsers for a user on two lines.
    """
    whole = _FRONT + size
    for at in range(BUCKETS):
        path = _bucket(tree, at)
        data = path.read_bytes()
        records = sorted([data[start : start + whole] for start in range(0, len(data), whole)])
        for one, other in pairwise(records):
            if one[:KEY_BYTES] == other[:KEY_BYTES]:
                lines = (int.from_bytes(each[KEY_BYTES:_FRONT], "big") for each in (one, other))
                raise BadUsers("the same user on lines {} and {}".format(*lines))
        yield b"".join([record[:KEY_BYTES] for record in records]), b"".join([record[_FRONT:] for record in records])
        path.unlink()


class _Maker:
    """What a process needs to make leaves. Pickles as what it was made of."""

    def __init__(self, users: Path, assets: tuple[Asset, ...], make: partial[Secrets]) -> None:
        self._given = users, assets, make
        self._users, self._assets, self._secrets = users, assets, make()

    def __reduce__(self) -> tuple[type[_Maker], tuple[Path, tuple[Asset, ...], partial[Secrets]]]:
        return _Maker, self._given

    def leaves(self, rows: list[Row]) -> list[bytes]:
        """The records of these users, by bucket."""
        buckets: list[list[bytes]] = [[] for _ in range(BUCKETS)]
        for row in rows:
            user, amounts = user_of(self._users, row, self._assets)
            place = row.line.to_bytes(_LINE_BYTES, "big")
            for leaf in self._secrets.leaves(user, amounts):
                buckets[leaf.key[0]] += (leaf.key, place, leaf.hash, leaf.packed)
        return [b"".join(records) for records in buckets]


def _bucket(tree: Path, at: int) -> Path:
    return tree / f"bucket-{at:03}.bin"
