"""Segments to processes: each is proven, verified as anyone would, and written whole; never made again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from indexer.core.amounts import format_amount
from indexer.liabilities.stark.documents import Manifest, manifest_object
from indexer.liabilities.stark.errors import ProofError
from indexer.liabilities.stark.hashing import SCHEME
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.prover.chance import segment_seed
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.prover.trace import Users
from indexer.liabilities.stark.statement import segment_digest
from indexer.liabilities.stark.verifier import verify_segment
from indexer.work.processes import Crew
from indexer.work.stark.records import read_records
from indexer.work.stark.snapshot import MANIFEST, Snapshot, begin, write

STATEMENT = "liabilities.csv"


def prove(
    users: Path,
    *,
    secret: bytes,
    out: Path,
    snapshot: str,
    processes: int | None = None,
    params: Parameters = PRODUCT,
    gathered: Callable[[int], None] = lambda _: None,
    proven: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """The manifest, as published in ``out/public``. ``gathered`` and ``proven`` hear how many more users are done.

    Run again, it goes on where it was stopped, to the same bytes. Raises BadUsers for a bad list, or for a directory
    that was begun with another secret, list or snapshot.
    """
    begun = begin(users, secret=secret, out=out, snapshot=snapshot, params=params, progress=gathered)
    statement, digests = begun.statement, list[bytes]()
    with Crew(processes=processes, few=2) as crew:
        for segment, made in enumerate(crew.spread(partial(_segment, begun), range(statement.segments))):
            digests.append(made)
            proven(statement.users_in(segment))
    manifest = manifest_object(Manifest(statement, tuple(digests)))
    write(begun.public / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
    write(out / STATEMENT, "".join(_statement_lines(manifest)).encode())
    return manifest


def prover_of(snapshot: Snapshot, segment: int) -> SegmentProver:
    """Of the users of this segment, with its own seed."""
    statement = snapshot.statement
    count, first = statement.users_in(segment), statement.first_user(segment)
    records = read_records(snapshot.private, len(statement.assets), first=first, count=count)
    users = Users(np.ascontiguousarray(records["id"]), np.ascontiguousarray(records["balances"], np.uint64))
    seed = segment_seed(snapshot.keys.seed, statement.digest, snapshot.data, segment)
    return SegmentProver(statement, segment, users, seed)


def _segment(snapshot: Snapshot, segment: int) -> bytes:
    """The digest of the segment's file, which is there and verifies when this returns."""
    path = snapshot.segment_path(segment)
    if path.exists():
        data = path.read_bytes()
        try:
            verify_segment(snapshot.statement, segment, data)
            return segment_digest(data)
        except ProofError:
            path.unlink()  # of a machine that lost power, say: made again, to the same bytes
    data = prover_of(snapshot, segment).prove()
    verify_segment(snapshot.statement, segment, data)
    write(path, data)
    return segment_digest(data)


def _statement_lines(manifest: dict[str, Any]) -> Iterator[str]:
    """What ``assay audit --liabilities`` reads."""
    yield f"# scheme: {SCHEME}\n# root: {manifest['root']}\n"
    try:
        as_of = datetime.fromisoformat(manifest["snapshot"])
    except ValueError:
        as_of = None
    if as_of is not None and as_of.tzinfo is not None:
        yield f"# as_of: {as_of.isoformat()}\n"
    yield "asset,amount\n"
    for asset, total in zip(manifest["assets"], manifest["totals"], strict=True):
        yield f"{asset['name']},{format_amount(int(total), decimals=asset['decimals'])}\n"
