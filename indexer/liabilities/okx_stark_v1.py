"""OKX's STARK proof of 2023-04 to 2024-08: format read, hashes and sums recomputed; the scheme is unsound, which
every verdict says first.

Files: ``user_*_inclusion_proof.json``; ``trunk/`` and ``batches/*/`` with ``sum_proof.json`` (roots) and
``sum_values.json`` (totals). Leaf = keccak256(total || keccak256(coin values mod p) || id || random), 32 bytes each,
big-endian; a batch's root is a leaf's id in the trunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chains.codec.evm_address import keccak256
from indexer.liabilities.okx_stark_v1_sums import Sums, check_sums, read_part
from indexer.liabilities.scheme import BadDocument, Document, Rejections, json_object
from indexer.liabilities.values import BadValue, field, hex_bytes, items, table_of, text, whole
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "okx-stark-v1"
P = 2**251 + 17 * 2**192 + 1
BLOW_UP = 16
TRUNK_ROWS = 32
COINS_MAX = 1024
DEPTH_MAX = 40

_UNSOUND = (
    "SCHEME UNSOUND: the published verifier accepts forged statements, so these files show neither the totals"
    " nor that no net balance is negative.",
    "Leaves lie on the rows that the low-degree test and the spot checks leave out: totals and leaves can disagree.",
    "The queries are drawn before the later layers are committed, and the challenges do not depend on the totals.",
    "Only the main coins are constrained one by one, and a user's net value is not tied to the coins; the"
    " rows a user takes (uts) are unchecked.",
    "At best 16 spot checks and little work would stand against a forger; the low-degree proof was not"
    " examined here for these reasons.",
)


def recognises(document: Document) -> bool:
    return _kind(document) != ""


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """Recompute the users' paths through batch and trunk, and the sums of the batches against the trunk's."""
    rejections = Rejections()
    sums = Sums()
    users: list[dict[str, int]] = []
    roots: list[str] = []
    for document in documents:
        kind = _kind(document)
        try:
            if kind == "user":
                user_root, amounts = _user(json_object(document), sums)
                roots.append(user_root)
                users.append(amounts)
            elif kind in ("proof", "values"):
                read_part(sums, document.name, json_object(document), proof=kind == "proof")
            elif kind != "config":
                raise BadDocument(f"{document.name}: no file of {NAME}")
        except BadValue as error:
            rejections.add(document.name, str(error))
    check_sums(sums, rejections)
    root = sums.trunk.root or (roots[0] if roots else None)
    if any(each != root for each in roots):
        rejections.add("files", "the users' paths do not all lead to one root, that of the trunk")
    return LiabilityVerdict(
        scheme=NAME,
        version="unsound",
        root_found=root,
        root_published=root_published,
        totals=_totals(sums.trunk.values or {}),
        leaves=None,
        valid=rejections.none,
        proven=(Proven.INCLUSION,) if users and rejections.none else (),
        not_proven=_UNSOUND,
        rejected=tuple(rejections.listed),
        rejected_count=rejections.count,
        found=_totals({coin: sum(user[coin] for user in users) for coin in (users[0] if users else ())}),
    )


def leaf_hash(values: Sequence[int], *, identity: bytes, random: bytes) -> bytes:
    """``values``: one signed amount a coin; their sum, which must not be negative, goes in front."""
    coins = b"".join((value % P).to_bytes(32) for value in values)
    return keccak256(sum(values).to_bytes(32) + keccak256(coins) + identity + random)


def branch_root(path: Sequence[bytes], *, row: int) -> bytes:
    """The root over ``path[0]``, the leaf of ``row`` of the extended trace; the tree's leaves are interleaved in four
    quarters.
    """
    leaves = 1 << (len(path) - 1)
    quarter = leaves // 4
    if quarter == 0 or row >= leaves:
        raise BadValue("the row lies outside the tree")
    index = row // quarter + 4 * (row % quarter)
    node = path[0]
    for height, sibling in enumerate(path[1:]):
        node = keccak256(sibling + node if index >> height & 1 else node + sibling)
    return node


def _kind(document: Document) -> str:
    head, name = document.head, document.name.rsplit("/", 1)[-1]
    if b'"batch_inclusion_proof"' in head:
        return "user"
    if b'"l_mtree_root"' in head and b'"mtree_root"' in head:
        return "proof"
    if name == "sum_values.json":
        return "values"
    return "config" if b'"main_coins_num"' in head else ""


def _user(proof: dict[str, Any], sums: Sums) -> tuple[str, dict[str, int]]:
    """The trunk's root over the user's record, and the user's amounts. Raises BadValue where anything does not fit."""
    config = table_of(field(proof, "config"), "config")
    coins = [text(coin, "a coin's name") for coin in items(field(config, "coins"), "coins", most=COINS_MAX)]
    if len(set(coins)) != len(coins):
        raise BadValue("a coin twice")
    batch = table_of(field(proof, "batch_inclusion_proof"), "batch_inclusion_proof")
    trunk = table_of(field(proof, "trunk_inclusion_proof"), "trunk_inclusion_proof")
    rows = whole(field(batch, "uts"), "uts", below=65)
    places = [whole(field(batch, key), key, below=1 << DEPTH_MAX) for key in ("user_index", "batch_index")]
    if rows not in (16, 32, 64):
        raise BadValue("uts is not 16, 32 or 64")
    amounts = _link(batch, coins, "user_id", rows=rows, place=places[0])
    batch_amounts = _link(trunk, coins, "batch_id", rows=TRUNK_ROWS, place=places[1])
    batch_root = hex_bytes(field(batch, "batch_mtree_root"), "batch_mtree_root")
    if batch_root != hex_bytes(field(trunk, "batch_id"), "batch_id"):
        raise BadValue("the trunk's leaf is of another batch")
    sums.seen.append((batch_root.hex(), rows, batch_amounts))
    return hex_bytes(field(trunk, "trunk_mtree_root"), "trunk_mtree_root").hex(), amounts


def _link(part: dict[str, Any], coins: Sequence[str], identity: str, *, rows: int, place: int) -> dict[str, int]:
    """One leaf and its path; the amounts of the leaf."""
    limit = 1 << 128
    amounts = {coin: whole(field(part, coin), coin, below=limit, least=-limit) for coin in coins}
    total = whole(field(part, "total_value"), "total_value", below=limit)
    if sum(amounts.values()) != total:
        raise BadValue("total_value is not the sum of the coins")
    path = [
        hex_bytes(node, "a hash of the path")
        for node in items(field(part, "merkle_path"), "merkle_path", most=DEPTH_MAX)
    ]
    leaf = leaf_hash(
        list(amounts.values()),
        identity=hex_bytes(field(part, identity), identity),
        random=hex_bytes(field(part, "random_number"), "random_number"),
    )
    if not path or path[0] != leaf:
        raise BadValue(f"the leaf of {identity} is not the hash of the record")
    root_name = "batch_mtree_root" if identity == "user_id" else "trunk_mtree_root"
    if branch_root(path, row=(rows * (place + 1) + rows - 2) * BLOW_UP) != hex_bytes(field(part, root_name), root_name):
        raise BadValue(f"the path does not lead to {root_name}")
    return amounts


def _totals(values: dict[str, int]) -> tuple[CommittedTotal, ...]:
    return tuple(CommittedTotal(coin, amount, None) for coin, amount in values.items())
