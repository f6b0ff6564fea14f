"""Builds an assay-merkle-sum-v1 commitment on disk: users stream through on all cores, memory holds a bucket of leaves.

In ``out``: commitment.json (and leaves.csv where asked for) to publish; tree/ to keep, from which every proof is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from indexer.intake.users import BadUsers, read_assets
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
    grow,
    pack,
    pad,
    root_hash,
    unpack,
)
from indexer.liabilities.assay_v1 import LEAVES_HEAD
from indexer.work.commitment_leaves import gather, scatter
from indexer.work.processes import Crew

BATCH_PAIRS = 8_192
COMMITMENT, LEAVES, TREE, KEYS, PRIVATE = "commitment.json", "leaves.csv", "tree", "keys.bin", "private.json"


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
    scatter(users, assets, partial(Secrets, secret, snapshot=snapshot, parts=parts), tree)
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


def _gather(tree: Path, assets: int) -> int:
    """The buckets as the keys and level 0 of the tree; returns the number of leaves."""
    count = 0
    with (tree / KEYS).open("wb") as keys, level_path(tree, 0).open("wb") as level:
        for some_keys, nodes in gather(tree, node_bytes(assets)):
            keys.write(some_keys)
            level.write(nodes)
            count += len(some_keys) // KEY_BYTES
    return count


def _grow(tree: Path, count: int, assets: int) -> Node:
    """Every level above the leaves, up to the one node that is returned. Raises Overflow."""
    level, size = 0, node_bytes(assets)
    with Crew() as crew:
        while count > 1:
            filler = pad(level, assets)
            blocks = _blocks(level_path(tree, level), 2 * size, filler.hash + pack(filler.sums))
            with level_path(tree, level + 1).open("wb") as above:
                for parents in crew.spread(partial(_parents, level + 1, size), blocks):
                    above.write(parents)
            level, count = level + 1, (count + 1) // 2
    data = level_path(tree, level).read_bytes()
    return Node(data[:HASH_BYTES], _sums(data))


def _parents(level: int, size: int, nodes: bytes) -> bytes:
    return grow(level, nodes, size)


def _blocks(path: Path, pair: int, filler: bytes) -> Iterator[bytes]:
    """The nodes of a level in whole pairs; the filler completes the last one."""
    with path.open("rb") as nodes:
        while block := nodes.read(pair * BATCH_PAIRS):
            yield block if len(block) % pair == 0 else block + filler


def _sums(node: bytes) -> tuple[int, ...]:
    return unpack(node[HASH_BYTES:])


def _write_leaves(tree: Path, path: Path, assets: tuple[Asset, ...]) -> None:
    size = node_bytes(len(assets))
    names = ",".join(asset.name for asset in assets)
    with level_path(tree, 0).open("rb") as nodes, path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"{LEAVES_HEAD.decode()},{names}\n")
        while node := nodes.read(size):
            out.write(f"{node[:HASH_BYTES].hex()},{','.join(map(str, _sums(node)))}\n")
