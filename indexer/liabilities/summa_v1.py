"""Summa v1: the Merkle-sum root over a list of all entries, by Poseidon over BN254.

Entries: ``username;balances`` with amounts between commas, or ``username,balance_<COIN>_<CHAIN>,...``. Leaf =
H(username, balances...), the username's bytes as one number. Node = H(sums..., left, right); the first releases
hashed (left, its balances, right, its balances). The list is filled up to a power of two with leaves of username 0
and balances 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from indexer.liabilities.poseidon_bn254 import poseidon_constant_length as poseidon
from indexer.liabilities.scheme import BadDocument, Document, Rejections
from indexer.liabilities.values import BadValue, whole
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "summa-v1"
CURRENCIES_MAX = 256
ENTRIES_MAX = 1 << 27
AMOUNT_BOUND = 1 << 112  # 14 bytes, as the published circuits check
USERNAME_BYTES_MAX = 31  # more could wrap around the field: two users, one leaf

_NOT_PROVEN = (
    "That these entries are all the exchange's users: an omitted user shows only when they look for their own entry.",
    "The zero-knowledge proofs of inclusion and solvency were not verified; the root was recomputed from the"
    " open list instead.",
    "Two users with the same name and balances share one leaf.",
    "The number of decimals of the amounts is not in the file.",
)


class Node(NamedTuple):
    hash: int
    balances: tuple[int, ...]


Combine = Callable[[Node, Node, tuple[int, ...]], int]


def _sums_first(left: Node, right: Node, sums: tuple[int, ...]) -> int:
    return poseidon([*sums, left.hash, right.hash])


def _children_first(left: Node, right: Node, sums: tuple[int, ...]) -> int:
    return poseidon([left.hash, *left.balances, right.hash, *right.balances])


VERSIONS: dict[str, Combine] = {"sums hashed": _sums_first, "children's balances hashed": _children_first}


@dataclass
class SumTree:
    """A Merkle-sum tree fed leaf by leaf; it holds one node a height. ``currencies`` is the length of every leaf's
    balances.
    """

    combine: Combine
    currencies: int
    leaves: int = 0
    _waiting: list[Node | None] = field(default_factory=list)

    def add(self, leaf: Node) -> None:
        node, height = leaf, 0
        while height < len(self._waiting) and (left := self._waiting[height]) is not None:
            self._waiting[height] = None
            node, height = self._above(left, node), height + 1
        if height == len(self._waiting):
            self._waiting.append(None)
        self._waiting[height] = node
        self.leaves += 1

    def root(self) -> Node:
        """The root after filling up to a power of two; the tree must not be empty."""
        assert self.leaves
        zeros = (0,) * self.currencies
        empty, node = leaf_of(0, zeros), None
        for height, left in enumerate(self._waiting):
            last = height == len(self._waiting) - 1
            if left is not None:
                node = left if node is None and last else self._above(left, empty if node is None else node)
            elif node is not None:
                node = self._above(node, empty)
            empty = self._above(empty, empty)
        assert node is not None
        return node

    def _above(self, left: Node, right: Node) -> Node:
        sums = tuple(one + other for one, other in zip(left.balances, right.balances, strict=True))
        return Node(self.combine(left, right, sums), sums)


def leaf_of(username: int, balances: Sequence[int]) -> Node:
    return Node(poseidon([username, *balances]), tuple(balances))


def recognises(document: Document) -> bool:
    first = document.head.split(b"\n", 1)[0].strip()
    return first == b"username;balances" or first.startswith(b"username,balance")


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """The root by the published releases' two rules; the verdict is of the one that matches, else of the later."""
    if len(documents) != 1:
        raise BadDocument(f"{NAME}: one list of entries, not {len(documents)} files")
    rejections = Rejections()
    names, separator, lines = _header(documents[0].name, documents[0].lines())
    trees = {version: SumTree(combine, len(names)) for version, combine in VERSIONS.items()}
    for leaf in _leaves(documents[0].name, lines, len(names), separator, rejections):
        for tree in trees.values():
            tree.add(leaf)
    roots = {version: tree.root() for version, tree in trees.items() if tree.leaves}
    if not roots:
        rejections.add(documents[0].name, "no entry that can be read")
    version, root = next(iter(roots.items()), ("", None))
    found = f"{root.hash:064x}" if root else None
    for each, node in roots.items():
        if root_published is not None and _number(root_published) == node.hash:
            version, root, found = (
                each,
                node,
                root_published.strip(),
            )  # leading zeros are published or not: spelled the same way
    sums = root.balances if root else ()
    if any(total >= AMOUNT_BOUND for total in sums):
        rejections.add(documents[0].name, "a total above the bound of the published circuits")
    proven = (Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS)
    return LiabilityVerdict(
        scheme=NAME,
        version=version,
        root_found=found,
        root_published=root_published,
        totals=tuple(CommittedTotal(name, total, None) for name, total in zip(names, sums, strict=True))
        if root
        else (),
        leaves=trees[version].leaves if root else None,
        valid=rejections.none,
        proven=proven if rejections.none else (),
        not_proven=_NOT_PROVEN,
        rejected=tuple(rejections.listed),
        rejected_count=rejections.count,
    )


def _header(name: str, lines: Iterator[bytes]) -> tuple[list[str], str, Iterator[bytes]]:
    """The currencies' names, what follows a username, and the lines that are left; the older header leaves naming to
    us.
    """
    try:
        cells = next(lines, b"").decode("utf-8-sig").strip().split(",")
    except UnicodeDecodeError:
        raise BadDocument(f"{name}:1: not UTF-8") from None
    if cells == ["username;balances"]:
        first = next(lines, b"")
        return [f"currency {column}" for column in range(1, first.count(b",") + 2)], ";", chain([first], lines)
    if cells[0] != "username" or not 2 <= len(cells) <= CURRENCIES_MAX + 1 or len(set(cells)) != len(cells):
        raise BadDocument(f"{name}: not a list of Summa entries")
    return [cell.removeprefix("balance_") for cell in cells[1:]], ",", lines


def _number(root: str) -> int | None:
    try:
        return int(root, 16)
    except ValueError:
        return None


def _leaves(
    name: str, lines: Iterator[bytes], currencies: int, separator: str, rejections: Rejections
) -> Iterator[Node]:
    for line_no, line in enumerate(lines, start=2):
        if line_no > ENTRIES_MAX + 1:
            raise BadDocument(f"{name}: more than {ENTRIES_MAX} entries")
        if not line.strip():
            continue
        try:
            yield _entry(line, currencies, separator)
        except (BadValue, UnicodeDecodeError) as error:
            rejections.add(f"{name}:{line_no}", str(error))


def _entry(line: bytes, currencies: int, separator: str) -> Node:
    username, _, rest = line.decode().strip().partition(separator)
    amounts = rest.split(",")
    if len(amounts) != currencies:
        raise BadValue(f"{len(amounts)} amounts instead of {currencies}")
    name = username.encode()
    if not 0 < len(name) <= USERNAME_BYTES_MAX:
        raise BadValue(f"a username of no bytes or more than {USERNAME_BYTES_MAX}")
    return leaf_of(int.from_bytes(name), [whole(amount, "an amount", below=AMOUNT_BOUND) for amount in amounts])
