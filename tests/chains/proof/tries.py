"""Builds Merkle-Patricia tries the slow and obvious way: the specification, recursively, over a whole map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chains.codec.evm_address import keccak256

Node = bytes | list["Node"]


def rlp(item: Node) -> bytes:
    """RLP by its definition."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 128:
            return item
        return _length(len(item), 128) + item
    body = b"".join(rlp(part) for part in item)
    return _length(len(body), 192) + body


def _length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    digits = length.to_bytes(8, "big").lstrip(b"\0")
    return bytes([offset + 55 + len(digits)]) + digits


class Trie:
    """The trie of a map from 32-byte paths to values."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self._top = _build({path.hex(): value for path, value in entries.items()})
        self.root = keccak256(rlp(self._top))

    def prove(self, path: bytes) -> list[bytes]:
        """The nodes from the root down the path that are not embedded in their parents."""
        if self._top == b"":
            return []
        proof = [rlp(self._top)]
        node, rest = self._top, path.hex()
        while isinstance(node, list):
            if len(node) == 17:
                child, rest = node[int(rest[0], 16)], rest[1:]
            else:
                assert isinstance(node[0], bytes)
                flag, shared = node[0].hex()[0], node[0].hex()
                shared = shared[1:] if flag in "13" else shared[2:]
                if flag in "23" or not rest.startswith(shared):
                    return proof
                child, rest = node[1], rest[len(shared) :]
            if isinstance(child, _Hashed):
                proof.append(rlp(child.node))
                child = child.node
            node = child
        return proof


class _Hashed(bytes):
    """A reference that remembers its node."""

    node: Node


def _build(entries: Mapping[str, bytes]) -> Node:
    if not entries:
        return b""
    if len(entries) == 1:
        ((rest, value),) = entries.items()
        return [_compact(rest, is_leaf=True), value]
    shared = _shared(list(entries))
    if shared:
        return [_compact(shared, is_leaf=False), _refer(_build({k[len(shared) :]: v for k, v in entries.items()}))]
    children: list[Node] = [
        _refer(_build({k[1:]: v for k, v in entries.items() if k[0] == nibble})) for nibble in "0123456789abcdef"
    ]
    return [*children, b""]


def _refer(node: Node) -> Node:
    encoded = rlp(node)
    if node == b"" or len(encoded) < 32:
        return node
    reference = _Hashed(keccak256(encoded))
    reference.node = node
    return reference


def _compact(nibbles: str, *, is_leaf: bool) -> bytes:
    flag = 2 * is_leaf + len(nibbles) % 2
    return bytes.fromhex(f"{flag:x}" + ("" if flag % 2 else "0") + nibbles)


def _shared(paths: Sequence[str]) -> str:
    first, last = min(paths), max(paths)
    count = next(i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b)
    return first[:count]
