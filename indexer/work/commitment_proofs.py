"""A user's proof out of a commitment's tree directory: a binary search for each part, one read a level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Self

from indexer.intake.users import BadUsers, read_users
from indexer.liabilities.assay_secret import KEY_BYTES, Secrets
from indexer.liabilities.assay_sum import HASH_BYTES, Asset, Header, Node, depth, pad, unpack
from indexer.work.commitment import COMMITMENT, KEYS, PRIVATE, TREE, level_path, node_bytes


class Prover:
    """Opens the directory that `commit` wrote; raises BadUsers where it is not one, OSError where it is not whole."""

    def __init__(self, out: Path, secret: bytes) -> None:
        try:
            described = json.loads((out / COMMITMENT).read_text(encoding="utf-8"))
            parts = json.loads((out / TREE / PRIVATE).read_text(encoding="utf-8"))["parts"]
            self.described: dict[str, Any] = {key: value for key, value in described.items() if key != "top"}
            assets = tuple(Asset(each["name"], each["decimals"]) for each in described["assets"])
            self.header = Header(described["snapshot"], assets, described["leaves"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadUsers(f"{out.name}: no commitment of Assay's: {error!r}") from None
        self._secrets = Secrets(secret, snapshot=self.header.snapshot, parts=parts)
        self._stack = ExitStack()
        tree = out / TREE
        self._keys: BinaryIO = self._stack.enter_context((tree / KEYS).open("rb"))
        self._levels: list[BinaryIO] = [
            self._stack.enter_context(level_path(tree, level).open("rb")) for level in range(depth(self.header.leaves))
        ] or [self._stack.enter_context(level_path(tree, 0).open("rb"))]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def prove(self, user: str) -> dict[str, Any]:
        """The user's proof, fit for JSON. Raises BadUsers for a user (or a secret) the commitment does not have."""
        parts = []
        whole = [0] * len(self.header.assets)
        for number, (key, salt) in enumerate(zip(self._secrets.keys(user), self._secrets.salts(user), strict=True)):
            index = self._find(key)
            if index is None:
                raise BadUsers(f"no user {user!r} in this commitment, or it was made with another secret")
            amounts = self._node(0, index).sums
            whole = [one + other for one, other in zip(whole, amounts, strict=True)]
            parts.append(
                {
                    "part": number,
                    "index": index,
                    "salt": salt.hex(),
                    "amounts": [str(amount) for amount in amounts],
                    "path": [_shown(node) for node in self._siblings(index)],
                }
            )
        return self.described | {"user": user, "amounts": [str(amount) for amount in whole], "parts": parts}

    def prove_all(self, users: Path) -> Iterator[dict[str, Any]]:
        """A proof for every user of the list that was committed."""
        for _, user, _ in read_users(users, self.header.assets):
            yield self.prove(user)

    def _find(self, key: bytes) -> int | None:
        low, high = 0, self.header.leaves
        while low < high:
            middle = (low + high) // 2
            self._keys.seek(middle * KEY_BYTES)
            met = self._keys.read(KEY_BYTES)
            if met == key:
                return middle
            low, high = (middle + 1, high) if met < key else (low, middle)
        return None

    def _siblings(self, index: int) -> Iterator[Node]:
        count = self.header.leaves
        for level in range(depth(count)):
            beside = index ^ 1
            yield self._node(level, beside) if beside < count else pad(level, len(self.header.assets))
            index, count = index >> 1, (count + 1) >> 1

    def _node(self, level: int, index: int) -> Node:
        size = node_bytes(len(self.header.assets))
        self._levels[level].seek(index * size)
        data = self._levels[level].read(size)
        return Node(data[:HASH_BYTES], unpack(data[HASH_BYTES:]))


def _shown(node: Node) -> dict[str, Any]:
    return {"hash": node.hash.hex(), "sums": [str(amount) for amount in node.sums]}
