"""Builds an assay-merkle-sum-v1 commitment on disk: users stream through, memory holds one bucket of leaves.

In ``out``: commitment.json (and leaves.csv where asked for) to publish; tree/ to keep, from which every proof is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from indexer.intake.users import BadUsers, read_assets, read_users
from indexer.liabilities.assay_secret import KEY_BYTES, SECRET_BYTES_MIN, Secrets
from indexer.liabilities.assay_sum import (
    AMOUNT_BYTES,
    HASH_BYTES,
    NAME,
    PARTS_MAX,
    TEXT_BYTES_MAX,
    Asset,
    Header,
    Node,
    Overflow,
    pack,
    pad,
    parent_hash,
    root_hash,
    unpack,
)
from indexer.liabilities.assay_v1 import LEAVES_HEAD

BUCKETS = 256  # by the first byte of the key: a bucket holds 1/256 of the leaves
BATCH_NODES = 4_096
COMMITMENT, LEAVES, TREE, KEYS, PRIVATE = "commitment.json", "leaves.csv", "tree", "keys.bin", "private.json"
_LINE_BYTES = 8


def read_secret(path: Path) -> bytes:
    """Raises BadUsers for a secret that could be guessed, OSError where there is none."""
    with path.open("rb") as file:
        secret = file.read(4097)
    if not SECRET_BYTES_MIN <= len(secret) <= 4096:
        raise BadUsers(f"{path.name}: a secret is {SECRET_BYTES_MIN} to 4096 random bytes")
    return secret


def commit(users: Path, *, secret: bytes, out: Path, snapshot: str, parts: int, publish_leaves: bool) -> dict[str, Any]:
    """Commit to every user of the list, each in ``parts`` leaves; returns what commitment.json says.

    The order of the list does not matter: the same users, secret and snapshot always make the same root. Raises
    BadUsers for a bad or repeated user, OSError where the disk gives out.
    """
    if not 1 <= parts <= PARTS_MAX or not 0 < len(snapshot.encode()) <= TEXT_BYTES_MAX:
        raise BadUsers(f"needs 1 to {PARTS_MAX} parts and a snapshot of 1 to {TEXT_BYTES_MAX} bytes")
    if out.exists() and any(out.iterdir()):
        raise BadUsers(f"{out.name}: not empty; a commitment is never written over another")
    assets = read_assets(users)
    tree = out / TREE
    tree.mkdir(parents=True, exist_ok=True)
    _scatter(users, assets, Secrets(secret, snapshot=snapshot, parts=parts), tree)
    count = _gather(tree, len(assets))
    if not count:
        raise BadUsers(f"{users.name}: no users")
    if publish_leaves:
        _write_leaves(tree, out / LEAVES, assets)
    header = Header(snapshot, assets, count)
    try:
        top = _grow(tree, count, len(assets))
    except Overflow as error:
        raise BadUsers(f"{users.name}: {error}") from None
    described = describe(header, top) | {"top": top.hash.hex()}
    (tree / PRIVATE).write_text(json.dumps({"parts": parts}) + "\n", encoding="utf-8")
    (out / COMMITMENT).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return described


def describe(header: Header, top: Node) -> dict[str, Any]:
    """What commitment.json and every proof say alike."""
    return {
        "scheme": NAME,
        "snapshot": header.snapshot,
        "assets": [{"name": asset.name, "decimals": asset.decimals} for asset in header.assets],
        "leaves": header.leaves,
        "root": root_hash(header, top).hex(),
        "totals": [str(amount) for amount in top.sums],
    }


def level_path(tree: Path, level: int) -> Path:
    return tree / f"level-{level:02}.bin"


def node_bytes(assets: int) -> int:
    """The size of a stored node: hash || packed sums."""
    return HASH_BYTES + 2 + AMOUNT_BYTES * assets


def _scatter(users: Path, assets: tuple[Asset, ...], secrets: Secrets, tree: Path) -> None:
    """Every leaf into the bucket of its key: key || line (u64) || hash || packed amounts."""
    with ExitStack() as stack:
        buckets = [stack.enter_context(_bucket(tree, at).open("wb")) for at in range(BUCKETS)]
        for line, user, amounts in read_users(users, assets):
            place = line.to_bytes(_LINE_BYTES, "big")
            for leaf in secrets.leaves(user, amounts):
                buckets[leaf.key[0]].write(leaf.key + place + leaf.hash + leaf.packed)


def _bucket(tree: Path, at: int) -> Path:
    return tree / f"bucket-{at:03}.bin"


def _gather(tree: Path, assets: int) -> int:
    """The buckets, each sorted, as the keys and level 0 of the tree; returns the number of leaves."""
    front = KEY_BYTES + _LINE_BYTES
    size = front + node_bytes(assets)
    count = 0
    with (tree / KEYS).open("wb") as keys, level_path(tree, 0).open("wb") as level:
        for at in range(BUCKETS):
            path = _bucket(tree, at)
            data = path.read_bytes()
            records = sorted(data[start : start + size] for start in range(0, len(data), size))
            for one, other in pairwise(records):
                if one[:KEY_BYTES] == other[:KEY_BYTES]:
                    lines = (int.from_bytes(each[KEY_BYTES:front], "big") for each in (one, other))
                    raise BadUsers("the same user on lines {} and {}".format(*lines))
            keys.write(b"".join(record[:KEY_BYTES] for record in records))
            level.write(b"".join(record[front:] for record in records))
            count += len(records)
            path.unlink()
    return count


def _grow(tree: Path, count: int, assets: int) -> Node:
    """Every level above the leaves, up to the one node that is returned. Raises Overflow."""
    level, size = 0, node_bytes(assets)
    while count > 1:
        filler = pad(level, assets)
        with level_path(tree, level + 1).open("wb") as above:
            for left, right in _pairs(level_path(tree, level), size, filler.hash + pack(filler.sums)):
                sums = [one + other for one, other in zip(_sums(left), _sums(right), strict=True)]
                above.write(parent_hash(level + 1, left, right) + pack(sums))
        level, count = level + 1, (count + 1) // 2
    data = level_path(tree, level).read_bytes()
    return Node(data[:HASH_BYTES], _sums(data))


def _sums(node: bytes) -> tuple[int, ...]:
    return unpack(node[HASH_BYTES:])


def _pairs(path: Path, size: int, filler: bytes) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as nodes:
        while block := nodes.read(2 * size * BATCH_NODES):
            for at in range(0, len(block), 2 * size):
                yield block[at : at + size], block[at + size : at + 2 * size] or filler


def _write_leaves(tree: Path, path: Path, assets: tuple[Asset, ...]) -> None:
    size = node_bytes(len(assets))
    names = ",".join(asset.name for asset in assets)
    with level_path(tree, 0).open("rb") as nodes, path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"{LEAVES_HEAD.decode()},{names}\n")
        while node := nodes.read(size):
            out.write(f"{node[:HASH_BYTES].hex()},{','.join(map(str, _sums(node)))}\n")
