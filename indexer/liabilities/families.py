"""Parents beside their children, out of a file that lists a binary tree breadth first: the second reader runs ahead."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

PARENTS = 8_192


class Families(NamedTuple):
    """``children`` are two lines for each line of ``parents``, joined by line feeds; the last parents may lack them."""

    parents: bytes
    children: bytes


class Looked(NamedTuple):
    """What a look at a block found: the numbers of its lines, and the parents that must be looked at one by one.

    ``block`` is None where there are none: an honest tree is not sent back and forth.
    """

    parents: int
    children: int
    odd: list[int]
    block: Families | None

    @classmethod
    def of(cls, block: Families, odd: list[int]) -> Looked:
        parents, children = (lines.count(b"\n") + 1 for lines in block)
        return cls(parents, children, odd, block if odd else None)

    def lines(self) -> tuple[list[bytes], list[bytes]]:
        """The parents and the children, where some are odd."""
        return ([], []) if self.block is None else (self.block.parents.split(b"\n"), self.block.children.split(b"\n"))


def families(parents: Iterator[bytes], children: Iterator[bytes], *, most: int | None = None) -> Iterator[Families]:
    """Blocks of at most PARENTS parents, until ``most`` are taken or the children end."""
    left = most
    while left is None or left > 0:
        size = PARENTS if left is None else min(PARENTS, left)
        below = list(islice(children, 2 * size))
        if not below:
            return
        above = list(islice(parents, size if left is not None else (len(below) + 1) // 2))
        yield Families(b"\n".join(above), b"\n".join(below))
        left = None if left is None else left - size
