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

from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude
from indexer.liabilities.tnf_records import LEAF_DIGITS, Record, climb, find_records, leaf_hashes, read_records, sums
from indexer.model.verdict import LiabilityVerdict, Proven

NAME = "tnf-merkle"
_LEAF = re.compile(rb"\d+,\d+\t([0-9a-f]{16})")
_TREE = b"Level\tHash"
_NOT_PROVEN = (
    "There are no sums in this tree: the totals rest on the attestor's word alone.",
    weaknesses.truncated(4 * LEAF_DIGITS),
    "Negative balances are accepted, and those of other customers were not seen.",
    "The older form of leaf joins balances without delimiters or names: the same text can be read as other balances.",
    weaknesses.NO_DOMAINS,
    weaknesses.OTHERS_MISSING,
)


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
    read: list[Record] = []
    for document in records:
        named, rows = read_records(document, rejections)
        if tokens not in (None, named):
            raise BadDocument(f"{document.name}: other balances than the file before")
        tokens = named
        read.extend(rows)
    root, leaves = None, None
    wanted = {leaf for record in read for leaf in leaf_hashes(record.uid, record.balances, tokens or ())}
    if trees:
        met: Counter[str] = Counter()
        root, leaves = _root(trees[0], wanted, met, rejections)
        find_records(read, tokens or (), met, rejections)
    for record in read:
        if record.path is not None or not trees:
            root = climb(record, tokens or (), root, rejections)
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
        found=sums(read, tokens or ()),
    )


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
