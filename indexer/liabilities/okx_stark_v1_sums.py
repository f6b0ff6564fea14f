"""The sum files of okx-stark-v1: totals of the trunk and of every batch, with the roots they are published beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from indexer.liabilities.scheme import Rejections
from indexer.liabilities.values import BadValue, hex_bytes, text, whole
from indexer.liabilities.values import field as entry

TOTAL = "total_value"
_LIMIT = 1 << 128


@dataclass(slots=True)
class Part:
    """A trunk or a batch, from up to two files: each is None until its file was read."""

    root: str | None = None
    rows: int | None = None
    values: dict[str, int] | None = None


@dataclass(slots=True)
class Sums:
    """``seen``: per user's file its batch's root, rows a user, and the batch's totals as the trunk's leaf has them."""

    trunk: Part = field(default_factory=Part)
    batches: dict[str, Part] = field(default_factory=dict)
    seen: list[tuple[str, int, dict[str, int]]] = field(default_factory=list)


def read_part(sums: Sums, name: str, content: dict[str, Any], *, proof: bool) -> None:
    """File one ``sum_proof.json`` or ``sum_values.json`` under its folder. Raises BadValue, also for the second of a
    kind.
    """
    folder = name.rsplit("/", 2)[-2] if "/" in name else ""
    part = sums.trunk if folder == "trunk" else sums.batches.setdefault(folder, Part())
    if (part.root if proof else part.values) is not None:
        raise BadValue(f"a second file of its kind for {folder or 'the same folder'}")
    if proof:
        rows = whole(entry(content, "uts"), "uts", below=65)
        part.root, part.rows = hex_bytes(entry(content, "mtree_root"), "mtree_root").hex(), rows
    else:
        named = {text(coin, "a coin's name"): amount for coin, amount in content.items()}
        values = {coin: whole(amount, coin, below=_LIMIT, least=-_LIMIT) for coin, amount in named.items()}
        total = entry(values, TOTAL)
        del values[TOTAL]
        if sum(values.values()) != total:
            raise BadValue("total_value is not the sum of the coins")
        if total < 0:
            raise BadValue("a negative total")
        part.values = values


def check_sums(sums: Sums, rejections: Rejections) -> None:
    """The batches must add up to the trunk, coin by coin, and the users' files must name batches that are there."""
    values = {folder: part.values for folder, part in sums.batches.items()}
    for folder, part in sums.batches.items():
        if part.values is None or part.root is None:
            rejections.add(f"batches/{folder}", "only one of sum_proof.json and sum_values.json is there")
    if sums.trunk.values is not None and sums.batches:
        added: dict[str, int] = dict.fromkeys(sums.trunk.values, 0)
        for folder, amounts in values.items():
            if amounts is not None and amounts.keys() != added.keys():
                rejections.add(f"batches/{folder}", "other coins than the trunk")
            for coin, amount in (amounts or {}).items():
                added[coin] = added.get(coin, 0) + amount
        if added != sums.trunk.values:
            rejections.add("trunk", "the totals of the batches do not add up to the trunk's")
    elif sums.batches:
        rejections.add("trunk", "batches without the trunk's totals")
    roots = {part.root: part for part in sums.batches.values() if part.root is not None}
    if len(roots) != sum(part.root is not None for part in sums.batches.values()):
        rejections.add("batches", "one batch under two names")
    for root, rows, amounts in sums.seen if sums.batches else ():
        if root not in roots:
            rejections.add("batches", f"batch {root}, in which a user is, is not among the files")
        elif roots[root].rows != rows or roots[root].values not in (None, amounts):
            rejections.add("batches", f"batch {root}: rows or totals differ from the user's file")
