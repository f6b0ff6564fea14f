"""The Network Firm's and Armanino's trees (Kraken and others): hashes of records, with no sums in the tree.

The tree file lists the leaves (``Level<TAB>Hash``, then ``4,0<TAB>16 hex digits``); records are rows under a header
``#ID,BTC,...``. Leaf: 16 digits of sha256("uid,BTC:1.5,...") without trailing zeros, or in the older form of
sha256(hex sha256(uid) || hex sha256(balances joined)). Node: sha256(left || right) on bytes; an odd node moves up.
The newer tool exports each record with its own path: ``#position,leaf,userhash,BTC,...,proofAndPath,datasetFormat``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude
from indexer.liabilities.sum_path import FINE, totals
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "tnf-merkle"
LEAF_DIGITS = 16
RECORDS_MAX = 100_000
_LEAF = re.compile(rb"\d+,\d+\t([0-9a-f]{16})")
_PAIR = re.compile(r"([0-9a-f]{16}|[0-9a-f]{64}):([0-9a-f]{16}|[0-9a-f]{64})")
_TRAILING = re.compile(r"(\.[0-9]*[1-9])0+$|\.0*$")
_TREE, _EXPORT = b"Level\tHash", b"#position,leaf,"
_NOT_PROVEN = (
    "There are no sums in this tree: the totals rest on the attestor's word alone.",
    weaknesses.truncated(4 * LEAF_DIGITS),
    "Negative balances are accepted, and those of other customers were not seen.",
    "The older form of leaf joins balances without delimiters or names: the same text can be read as other balances.",
    weaknesses.NO_DOMAINS,
    weaknesses.OTHERS_MISSING,
)


class _Record(NamedTuple):
    where: str
    uid: str
    balances: tuple[str, ...]
    path: str | None


def recognises(document: Document) -> bool:
    return document.head.startswith((_TREE, b"#"))


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """The root recomputed from all leaves, or from a record's own path; and each record found by its leaf."""
    trees = [document for document in documents if document.head.startswith(_TREE)]
    records = [document for document in documents if not document.head.startswith(_TREE)]
    if len(trees) > 1 or not documents:
        raise BadDocument(f"{NAME} reads one tree, not {len(trees)}")
    rejections = Rejections()
    tokens: tuple[str, ...] | None = None
    read: list[_Record] = []
    for document in records:
        named, rows = _read_records(document, rejections)
        if tokens not in (None, named):
            raise BadDocument(f"{document.name}: other balances than the file before")
        tokens = named
        read.extend(rows)
    root, leaves = None, None
    wanted = {leaf for record in read for leaf in leaf_hashes(record.uid, record.balances, tokens or ())}
    if trees:
        met: Counter[str] = Counter()
        root, leaves = _root(trees[0], wanted, met, rejections)
        _find(read, tokens or (), met, rejections)
    for record in read:
        if record.path is not None or not trees:
            root = _climb(record, tokens or (), root, rejections)
    return conclude(
        scheme=NAME,
        version="2" if any(record.path for record in read) else "1",
        root_found=root,
        root_published=root_published,
        totals=(),
        leaves=leaves,
        proven=(*((Proven.INCLUSION,) if read else ()), *((Proven.COMPLETENESS,) if trees else ())),
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=_sums(read, tokens or ()),
    )


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


def _read_records(document: Document, rejections: Rejections) -> tuple[tuple[str, ...], list[_Record]]:
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
    rows: list[_Record] = []
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
        rows.append(_Record(where, cells[before - 1], balances, cells[-2] if export else None))
        if len(rows) > RECORDS_MAX:
            raise BadDocument(f"{document.name}: more than {RECORDS_MAX} records")
    return tuple(header[before : len(header) - after]), rows


def _root(tree: Document, wanted: set[str], met: Counter[str], rejections: Rejections) -> tuple[str | None, int]:
    """Fold the leaves as they stream: one open subtree per level."""
    open_subtrees: list[tuple[int, bytes]] = []  # (leaves under it, hash), larger ones first
    count = 0
    for leaf in _leaves(tree, rejections):
        count += 1
        if leaf in wanted:
            met[leaf] += 1
        size, node = 1, bytes.fromhex(leaf)
        while open_subtrees and open_subtrees[-1][0] == size:
            _, left = open_subtrees.pop()
            size, node = 2 * size, hashlib.sha256(left + node).digest()
        open_subtrees.append((size, node))
    if not open_subtrees:
        rejections.add(tree.name, "no leaves")
        return None, 0
    _, node = open_subtrees.pop()
    while open_subtrees:  # an odd node moves up until it meets a left neighbour
        _, left = open_subtrees.pop()
        node = hashlib.sha256(left + node).digest()
    return node.hex(), count


def _leaves(tree: Document, rejections: Rejections) -> Iterator[str]:
    lines = tree.lines()
    next(lines, None)
    for number, line in enumerate(lines, start=2):
        match = _LEAF.fullmatch(line.strip())
        if match is not None:
            yield match[1].decode()
        elif line.strip():
            rejections.add(f"{tree.name}:{number}", "not level,position and a leaf of 16 hexadecimal digits")


def _find(records: Sequence[_Record], tokens: Sequence[str], met: Counter[str], rejections: Rejections) -> None:
    """Each record needs a leaf of its own: two records with one leaf need it twice."""
    free = met.copy()
    for record in records:
        leaf = next((each for each in leaf_hashes(record.uid, record.balances, tokens) if free[each] > 0), None)
        if leaf is None:
            rejections.add(record.where, "no leaf of this record in the tree")
        else:
            free[leaf] -= 1


def _climb(record: _Record, tokens: Sequence[str], root: str | None, rejections: Rejections) -> str | None:
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


def _sums(records: Sequence[_Record], tokens: Sequence[str]) -> tuple[CommittedTotal, ...]:
    held = [sum(parse_amount(each.balances[at], decimals=FINE) for each in records) for at in range(len(tokens))]
    return totals(tokens, held, scale_min=0)
