"""OKX's whole tree, root to leaves, each level from right to left: every node is recomputed from its children."""

from __future__ import annotations

from collections import Counter
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from indexer.liabilities.families import Looked, families
from indexer.liabilities.okx_v2_nodes import Broken, Key, Lines, Node, keys_of, look, node_of
from indexer.liabilities.scheme import Document, Rejections, Spread

HEIGHT_MAX = 64


class Tree(NamedTuple):
    root: Node | None
    leaves: int | None


class Recomputation:
    """Two readers, one on the parents and one on their children, so that memory does not grow with the tree.

    ``met`` counts the wanted leaves.
    """

    def __init__(self, tree: Document, wanted: frozenset[Key], rejections: Rejections) -> None:
        self._name, self._wanted, self._rejections = tree.name, wanted, rejections
        self._parents, self._children = Lines(tree), Lines(tree)
        self.met: Counter[Key] = Counter()

    def run(self, spread: Spread) -> Tree:
        root: Node | None = None
        try:
            root = self._children.node()
            if not 1 <= root.height <= HEIGHT_MAX:
                raise Broken(1, f"the root's height is not from 1 to {HEIGHT_MAX}")
            if min(root.amounts) < 0:
                self._rejections.add(f"{self._name}:1", "a negative balance")
            count = 1
            for height in range(root.height, 1, -1):
                count = 2 * self._level(height, count, spread)
            if next(self._children.lines, None) is not None:
                raise Broken(self._children.line_no + 1, "a line after the last level")
            opening, more = _open_level(self._parents, count)
            return Tree(root, len(opening) + more)
        except Broken as broken:
            self._rejections.add(f"{self._name}:{broken.line_no}", broken.reason)
        return Tree(root, None)

    def _level(self, height: int, count: int, spread: Spread) -> int:
        """The ``count`` lines of this height against their children; returns how many they are without a pad."""
        opening, more = _open_level(self._parents, count)
        wanted = self._wanted if height == 2 else frozenset()
        for parent in opening:
            self._check(parent, self._children.node(), self._children.node(), wanted)
        end = self._parents.line_no + more
        blocks = families(self._parents.lines, self._children.lines, most=more)
        for seen in spread(partial(look, height, wanted), blocks):
            self.met.update(seen.met)
            self._settle(seen.looked, wanted)
        if self._parents.line_no < end:
            raise Broken(self._parents.line_no + 1, "the tree ends before this node's children")
        return len(opening) + more

    def _settle(self, looked: Looked, wanted: frozenset[Key]) -> None:
        """The odd families of a block, one by one; both readers have then come to its end."""
        above, below = looked.lines()
        for at in looked.odd:
            parent = node_of(self._parents.line_no + at + 1, above[at])
            if len(below) < 2 * at + 2:
                raise Broken(parent.line_no, "the tree ends before this node's children")
            first = self._children.line_no + 2 * at + 1
            right, left = node_of(first, below[2 * at]), node_of(first + 1, below[2 * at + 1])
            self._check(parent, right, left, wanted)
        self._parents.line_no += looked.parents
        self._children.line_no += looked.children

    def _check(self, parent: Node, right: Node, left: Node, wanted: frozenset[Key]) -> None:
        """One parent against its children, which are published from right to left."""
        if right.height != parent.height - 1 or left.height != parent.height - 1:
            raise Broken(right.line_no, f"a level of height {parent.height - 1} has too few or too many nodes")
        for child in (right, left):
            if min(child.amounts) < 0:
                self._rejections.add(f"{self._name}:{child.line_no}", "a negative balance")
        where = f"{self._name}:{parent.line_no}"
        if parent.amounts != tuple(one + other for one, other in zip(left.amounts, right.amounts, strict=True)):
            self._rejections.add(where, "its balances are not the sum of its children's")
        text = left.hash + right.hash + parent.texts + b"%d" % parent.height
        if sha256(text).hexdigest().encode() != parent.hash.lower():
            self._rejections.add(where, "its hash is not that of its children")
        self.met.update(keys_of((right, left), wanted))


def _open_level(nodes: Lines, count: int) -> tuple[list[Node], int]:
    """A level of ``count`` lines without the pad it may begin with: its first nodes, and how many more follow."""
    first = nodes.node()
    if count == 1:
        return [first], 0
    second = nodes.node()
    if first.hash != second.hash or first.amounts == second.amounts != (0, 0, 0):
        return [first, second], count - 2
    if any(first.amounts):
        raise Broken(second.line_no, "one hash with two balances, and not as a level's pad")
    return [second], count - 2
