"""Records of customers as The Network Firm's tools upload or export them: their leaves, and their own paths."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.liabilities.scheme import BadDocument, Document, Rejections
from indexer.liabilities.sum_path import FINE, totals
from indexer.model.verdict import CommittedTotal

LEAF_DIGITS = 16
RECORDS_MAX = 100_000
_PAIR = re.compile(r"([0-9a-f]{16}|[0-9a-f]{64}):([0-9a-f]{16}|[0-9a-f]{64})")
_TRAILING = re.compile(r"(\.[0-9]*[1-9])0+$|\.0*$")
_EXPORT = b"#position,leaf,"


class Record(NamedTuple):
    where: str
    uid: str
    balances: tuple[str, ...]
    path: str | None


def leaf_hashes(uid: str, balances: Sequence[str], tokens: Sequence[str]) -> tuple[str, str]:
    """A record's leaf in the newer (named) and in the older form."""
    named = ",".join(
        f"{token}:{_TRAILING.sub(_kept, balance)}" for token, balance in zip(tokens, balances, strict=True)
    )
    older = _sha(_sha(uid) + _sha("".join(balances)))
    return _sha(f"{uid},{named}")[:LEAF_DIGITS], older[:LEAF_DIGITS]


def _kept(match: re.Match[str]) -> str:
    return match[1] or ""


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_records(document: Document, rejections: Rejections) -> tuple[tuple[str, ...], list[Record]]:
    """The names of the balances, and the rows. Rejects rows that are no records."""
    lines = document.lines()
    try:
        header = [name.strip() for name in next(lines, b"").decode().split(",")]
    except UnicodeDecodeError:
        raise BadDocument(f"{document.name}: not text") from None
    export = document.head.startswith(_EXPORT)
    before, after = (3, 2) if export else (1, 0)
    if not header[0].startswith("#") or len(header) <= before + after:
        raise BadDocument(f"{document.name}: no header #ID and the names of balances")
    if export and header[-2:] != ["proofAndPath", "datasetFormat"]:
        raise BadDocument(f"{document.name}: only exports of datasetFormat 2 (proofAndPath) can be verified")
    rows: list[Record] = []
    for number, line in enumerate(lines, start=2):
        where = f"{document.name}:{number}"
        try:
            cells = [cell.strip() for cell in line.decode().split(",")]
            if cells == [""]:
                continue
            if len(cells) != len(header):
                raise ValueError(f"{len(cells)} columns, not {len(header)}")
            balances = tuple(cells[before : len(cells) - after])
            for balance in balances:
                parse_amount(balance, decimals=FINE)
        except (BadAmount, ValueError) as error:
            rejections.add(where, f"no record: {error}")
            continue
        rows.append(Record(where, cells[before - 1], balances, cells[-2] if export else None))
        if len(rows) > RECORDS_MAX:
            raise BadDocument(f"{document.name}: more than {RECORDS_MAX} records")
    return tuple(header[before : len(header) - after]), rows


def find_records(records: Sequence[Record], tokens: Sequence[str], met: Counter[str], rejections: Rejections) -> None:
    """Each record needs a leaf of its own: two records with one leaf need it twice."""
    free = met.copy()
    for record in records:
        leaf = next((each for each in leaf_hashes(record.uid, record.balances, tokens) if free[each] > 0), None)
        if leaf is None:
            rejections.add(record.where, "no leaf of this record in the tree")
        else:
            free[leaf] -= 1


def climb(record: Record, tokens: Sequence[str], root: str | None, rejections: Rejections) -> str | None:
    """The root that the record's own path ends in; it must be the same for all."""
    if not record.path:
        rejections.add(record.where, "neither a tree nor a path: nothing to find this record in")
        return root
    leaf: bytes | None = None
    for at, pair in enumerate(record.path.split("|")):
        match = _PAIR.fullmatch(pair)
        if match is None:
            rejections.add(record.where, "a pair of the path is not two hashes")
            return root
        if at == 0:
            leaf = next(
                (
                    bytes.fromhex(each)
                    for each in leaf_hashes(record.uid, record.balances, tokens)
                    if each in match.groups()
                ),
                None,
            )
        sides = [bytes.fromhex(side) for side in match.groups()]
        if leaf is None or leaf not in sides:
            rejections.add(record.where, "the path does not begin at this record's leaf, or breaks off on the way")
            return root
        leaf = hashlib.sha256(sides[0] + sides[1]).digest()
    assert leaf is not None, "a path has at least one pair"
    if root not in (None, leaf.hex()):
        rejections.add(record.where, "its path ends in another root")
    return leaf.hex() if root is None else root


def sums(records: Sequence[Record], tokens: Sequence[str]) -> tuple[CommittedTotal, ...]:
    held = [sum(parse_amount(each.balances[at], decimals=FINE) for each in records) for at in range(len(tokens))]
    return totals(tokens, held, scale_min=0)
