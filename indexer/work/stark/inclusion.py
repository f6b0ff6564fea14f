"""Customers' files: one on demand, or all of them, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from indexer.intake.user_blocks import UserBlock, read_user_blocks
from indexer.intake.users import BadUsers
from indexer.liabilities.stark.documents import inclusion_object
from indexer.liabilities.stark.extension import element
from indexer.liabilities.stark.kernels.blake3 import siblings
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.user import Inclusion
from indexer.work.processes import Crew
from indexer.work.stark.prove import prover_of
from indexer.work.stark.records import find_record, order_keys, read_records, user_digests
from indexer.work.stark.snapshot import MANIFEST, Snapshot, load

INCLUSIONS = "inclusion"
_NAMES = "names"


def inclusion_of(out: Path, *, secret: bytes, user: str, params: Parameters = PRODUCT) -> dict[str, Any]:
    """One customer's file, fit for JSON. Raises BadUsers for a user who is not in the proof."""
    snapshot = load(out, secret=secret, params=params)
    name = np.frombuffer(user.encode(), np.uint8)
    alone = UserBlock(
        np.ones(1, np.int64), name, np.zeros(1, np.int64), np.array([name.size]), np.zeros((1, 0), np.uint64)
    )
    (key,) = order_keys(user_digests(alone), snapshot.keys.order)
    statement = snapshot.statement
    place = find_record(snapshot.private, len(statement.assets), (int(key[0]), int(key[1])), statement.users)
    if place is None:
        raise BadUsers(f"no user {user!r} in this proof")
    segment, slot = statement.place_of(place)
    return _object(_root(snapshot), prover_of(snapshot, segment), slot, user)


def write_inclusions(
    users: Path,
    out: Path,
    *,
    secret: bytes,
    processes: int | None = None,
    params: Parameters = PRODUCT,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """``out/inclusion/segment-NNNNN.jsonl``: every customer's file, one a line."""
    snapshot = load(out, secret=secret, params=params)
    (out / INCLUSIONS).mkdir(exist_ok=True)
    (out / INCLUSIONS).chmod(0o700)
    _sort_names(users, snapshot)
    with Crew(processes=processes, few=2) as crew:
        segments = range(snapshot.statement.segments)
        for segment, _ in enumerate(crew.spread(partial(_write_segment, snapshot), segments)):
            progress(snapshot.statement.users_in(segment))
    (snapshot.private / _NAMES).rmdir()


def _sort_names(users: Path, snapshot: Snapshot) -> None:
    """The names of each segment's users into a file of its own, each behind its key and size."""
    statement, names = snapshot.statement, snapshot.private / _NAMES
    names.mkdir(exist_ok=True)
    for left in names.iterdir():
        left.unlink()
    bounds = [_first_key(snapshot, segment) for segment in range(statement.segments)]
    for block in read_user_blocks(users, statement.assets, end=statement.params.balance_end):
        keys = order_keys(user_digests(block), snapshot.keys.order)
        segments = _segments_of(keys, bounds)
        for segment in np.unique(segments):
            places = np.nonzero(segments == segment)[0]
            with _names(snapshot, int(segment)).open("ab") as file:
                for place in places:
                    name = block.name(int(place))
                    file.write(keys[place].tobytes() + len(name).to_bytes(4, "little") + name)


def _segments_of(keys: np.ndarray[Any, np.dtype[np.uint64]], bounds: list[tuple[int, int]]) -> Any:
    """The last segment that does not begin behind the key. Two segments may part users whose first words are equal."""
    firsts = np.array([bound[0] for bound in bounds], np.uint64)
    found = np.searchsorted(firsts, keys[:, 0], side="right") - 1
    for place in np.nonzero(firsts[found] == keys[:, 0])[0]:
        key = (int(keys[place, 0]), int(keys[place, 1]))
        found[place] = max(segment for segment, bound in enumerate(bounds) if bound <= key)
    return found


def _first_key(snapshot: Snapshot, segment: int) -> tuple[int, int]:
    statement = snapshot.statement
    first = statement.first_user(segment)
    (record,) = read_records(snapshot.private, len(statement.assets), first=first, count=1)
    return int(record["key"][0]), int(record["key"][1])


def _names(snapshot: Snapshot, segment: int) -> Path:
    return snapshot.private / _NAMES / f"{segment:05}.bin"


def _write_segment(snapshot: Snapshot, segment: int) -> None:
    statement = snapshot.statement
    count, first = statement.users_in(segment), statement.first_user(segment)
    records = read_records(snapshot.private, len(statement.assets), first=first, count=count)
    slots = {key.tobytes(): slot for slot, key in enumerate(np.ascontiguousarray(records["key"]))}
    prover, root, path = prover_of(snapshot, segment), _root(snapshot), _names(snapshot, segment)
    out = snapshot.directory / INCLUSIONS / f"segment-{segment:05}.jsonl"
    written = 0
    with out.open("wb") as lines:
        for key, user in _read_names(path.read_bytes()):
            lines.write(orjson.dumps(_object(root, prover, slots[key], user)) + b"\n")
            written += 1
    if written != count:
        raise BadUsers("the list is not the one that was proven")
    path.unlink()


def _read_names(data: bytes) -> Iterator[tuple[bytes, str]]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 16 : at + 20], "little")
        yield data[at : at + 16], data[at + 20 : at + 20 + size].decode()
        at += 20 + size


def _object(root: str, prover: SegmentProver, slot: int, user: str) -> dict[str, Any]:
    inclusion = Inclusion(
        user=user,
        segment=prover.segment,
        slot=slot,
        salt=prover.salts[slot].astype("<u4").tobytes(),
        blind=element(prover.blinds[slot]),
        balances=tuple(int(balance) for balance in prover.users.balances[slot]),
        siblings=tuple(siblings(prover.user_levels, slot)),
    )
    return inclusion_object(root, inclusion)


def _root(snapshot: Snapshot) -> str:
    path = snapshot.public / MANIFEST
    if not path.exists():
        raise BadUsers(f"{snapshot.directory.name}: not proven to the end yet; run assay prove-liabilities again")
    return str(orjson.loads(path.read_bytes())["root"])
