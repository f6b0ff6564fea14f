"""The table of batch proofs of the zkmerkle schemes: every commitment recomputed, and the batches followed from
nothing to the totals.

A batch proves that its users were added; that none was left out shows only in the chain. The Groth16 proofs
themselves are not verified here.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.liabilities.poseidon_bn254 import poseidon
from indexer.liabilities.scheme import BadDocument, Document, Rejections
from indexer.liabilities.values import BadValue, element_base64, items, whole

BATCHES_MAX = 1 << 22
_COLUMNS = {"batch_number", "cex_asset_list_commitments", "account_tree_roots", "batch_commitment"}


@dataclass(frozen=True, slots=True)
class Batch:
    """One row. ``root_before`` is None in the form that commits to one root and a range of account indices instead."""

    where: str
    number: int
    root_before: int | None
    root_after: int
    table_before: int
    table_after: int
    commitment: int
    first_account: int = 0
    last_account: int = 0

    def holds(self, word: int) -> bool:
        """Whether the commitment is the hash of the row's own values."""
        if self.root_before is None:
            inputs = [self.root_after, self.table_before, self.table_after, self.first_account, self.last_account]
        else:
            inputs = [self.root_before, self.root_after, self.table_before, self.table_after]
        return poseidon(inputs, word=word) == self.commitment


def read_batches(document: Document, rejections: Rejections) -> list[Batch]:
    """The rows that can be read; others are rejections. Raises BadDocument for what is no proof table at all."""
    batches: list[Batch] = []
    try:
        rows = csv.reader(_text_lines(document))
        header = next(rows, [])
        if not set(header).issuperset(_COLUMNS) or len(set(header)) != len(header):
            raise BadDocument(f"{document.name}: not a table of batch proofs")
        for cells in rows:
            where = f"{document.name}:{rows.line_num}"
            if len(batches) >= BATCHES_MAX:
                raise BadDocument(f"{document.name}: more than {BATCHES_MAX} batches")
            if not cells:
                continue
            if len(cells) != len(header):
                rejections.add(where, f"{len(cells)} columns instead of {len(header)}")
                continue
            try:
                batches.append(_batch(dict(zip(header, cells, strict=True)), where))
            except BadValue as error:
                rejections.add(where, str(error))
    except csv.Error as error:
        raise BadDocument(f"{document.name}: not CSV: {error}") from None
    return batches


def follow(
    batches: list[Batch],
    *,
    empty_roots: frozenset[int],
    table_before: int,
    table_after: int,
    word: int,
    rejections: Rejections,
) -> int | None:
    """The account tree's root after the last batch; whatever breaks the chain is a rejection.

    Rows may come in any order, as their numbers decide; a missing, repeated or exchanged number breaks the chain.
    """
    if not batches:
        rejections.add("proof table", "no batch in it")
        return None
    ordered = sorted(batches, key=lambda batch: batch.number)
    root, table, accounts = ordered[0].root_before, table_before, 0
    if root is None:
        root = ordered[0].root_after
    elif root not in empty_roots:
        rejections.add(ordered[0].where, "the first batch does not start from an empty tree")
    for number, batch in enumerate(ordered):
        if batch.number != number:
            rejections.add(batch.where, f"batch {batch.number} where batch {number} should be")
            return None
        if not batch.holds(word):
            rejections.add(batch.where, f"batch {number}: its commitment is not the hash of its values")
        if batch.table_before != table:
            rejections.add(batch.where, f"batch {number} does not go on from the totals before it")
        if batch.root_before is None:
            if batch.root_after != root:
                rejections.add(batch.where, f"batch {number} is of another tree")
            if batch.first_account != accounts or batch.last_account < batch.first_account:
                rejections.add(batch.where, f"batch {number}: its accounts do not follow on from those before it")
            accounts = batch.last_account + 1
        elif batch.root_before != root:
            rejections.add(batch.where, f"batch {number} does not go on from the tree before it")
        root, table = batch.root_after, batch.table_after
    if table != table_after:
        rejections.add(ordered[-1].where, "the totals after the last batch are not those of the published asset table")
    return root


def _text_lines(document: Document) -> Iterator[str]:
    for line_no, line in enumerate(document.lines(), start=1):
        try:
            yield line.decode("utf-8-sig" if line_no == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadDocument(f"{document.name}:{line_no}: not UTF-8") from None


def _batch(cells: dict[str, str], where: str) -> Batch:
    number = whole(cells["batch_number"], "batch_number", below=BATCHES_MAX)
    roots = _elements(cells["account_tree_roots"], "account_tree_roots")
    tables = _elements(cells["cex_asset_list_commitments"], "cex_asset_list_commitments")
    commitment = element_base64(cells["batch_commitment"], "batch_commitment")
    if len(tables) != 2 or len(roots) not in (1, 2):
        raise BadValue("not two commitments to the totals and one or two roots")
    if len(roots) == 2:
        return Batch(where, number, roots[0], roots[1], tables[0], tables[1], commitment)
    if not {"min_account_index", "max_account_index"} <= set(cells):
        raise BadValue("one root, but no range of account indices")
    first, last = (
        whole(cells[f"{end}_account_index"], f"{end}_account_index", below=1 << 32) for end in ("min", "max")
    )
    return Batch(where, number, None, roots[0], tables[0], tables[1], commitment, first, last)


def _elements(cell: str, what: str) -> list[int]:
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        raise BadValue(f"{what} is not a JSON list") from None
    return [element_base64(value, what) for value in items(values, what, most=2)]
