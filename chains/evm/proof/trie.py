"""Merkle-Patricia proofs over 32-byte paths, of presence and of absence (Yellow Paper, appendix D)."""

from __future__ import annotations

from collections.abc import Sequence

from chains.codec.evm_address import keccak256
from chains.evm.proof import rlp
from chains.evm.proof.errors import ProofError

EMPTY_NODE = b"\x80"
EMPTY_ROOT = keccak256(EMPTY_NODE)
NODE_BYTES_MAX = 1_024  # a full branch has 532; no leaf of a state or storage trie has more
_NIBBLES = 64
_BRANCH_BYTES = 532
_BRANCH_HEAD = b"\xf9\x02\x11"
_HASH_HEADS = b"\xa0" * 16


def lookup(root: bytes, path: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The value at ``path`` in the trie of this root; None where its absence is proven.

    ``path`` is the hashed key. ``proof`` is exactly the nodes from the root down the path. Raises ProofError.
    """
    assert len(path) == _NIBBLES // 2
    if root == EMPTY_ROOT:
        if list(proof) not in ([], [EMPTY_NODE]):
            raise ProofError("nodes of an empty trie")
        return None
    value, used = _walk(root, path.hex(), proof)
    if used != len(proof):
        raise ProofError("nodes that the path does not use")
    return value


def _walk(root: bytes, nibbles: str, proof: Sequence[bytes]) -> tuple[bytes | None, int]:
    """The value, and how many nodes led to it. Every turn consumes a nibble or returns: at most 65 turns."""
    reference: bytes | None = root
    at = used = 0
    while reference is not None:
        if len(reference) == 32:
            if used == len(proof):
                raise ProofError("a node is missing")
            node = proof[used]
            used += 1
            if len(node) > NODE_BYTES_MAX or keccak256(node) != reference:
                raise ProofError("a node that is not the one referred to")
        else:
            node = reference
            if used < len(proof) and proof[used] == node:
                used += 1  # some nodes (reth) list what is embedded in its parent once more

        if len(node) == _BRANCH_BYTES and node[:3] == _BRANCH_HEAD and node[3:-1:33] == _HASH_HEADS:
            # A branch with all its children, as nearly all are near the root: no need to take it apart.
            if at == _NIBBLES or node[-1:] != EMPTY_NODE:
                raise ProofError("a branch beyond the path, or with a value")
            start = 4 + 33 * int(nibbles[at], 16)
            reference = node[start : start + 32]
            at += 1
            continue

        parts = rlp.items(node)
        if len(parts) == 17:
            if at == _NIBBLES or parts[16] != EMPTY_NODE:
                raise ProofError("a branch beyond the path, or with a value")
            reference = _reference(parts[int(nibbles[at], 16)])
            at += 1
        elif len(parts) == 2:
            is_leaf, shared = _shared_path(rlp.text(parts[0]))
            if is_leaf:
                return _leaf(shared, nibbles[at:], parts[1]), used
            if not shared or at + len(shared) >= _NIBBLES:
                raise ProofError("an extension of no length, or beyond the path")
            child = _reference(parts[1])
            if child is None:
                raise ProofError("an extension that leads nowhere")
            if not nibbles.startswith(shared, at):
                return None, used
            reference = child
            at += len(shared)
        else:
            raise ProofError(f"a node of {len(parts)} items")
    return None, used


def _leaf(shared: str, rest: str, data: bytes) -> bytes | None:
    if len(shared) != len(rest):
        raise ProofError("a leaf at another depth than its path says")
    value = rlp.text(data)
    if not value:
        raise ProofError("a leaf without a value")
    return value if shared == rest else None


def _reference(data: bytes) -> bytes | None:
    """A hash of 32 bytes, an embedded node of fewer, or None."""
    if data == EMPTY_NODE:
        return None
    if len(data) == 33 and data[0] == 0xA0:
        return data[1:]
    if data[0] >= 0xC0 and len(data) < 32:
        return data
    raise ProofError("a child that is neither a hash nor a short node")


def _shared_path(compact: bytes) -> tuple[bool, str]:
    """Whether it is a leaf's, and the nibbles, from the hex-prefix encoding."""
    digits = compact.hex()
    flag = digits[:1]
    if flag in ("1", "3"):
        return flag == "3", digits[1:]
    if flag in ("0", "2") and digits[1] == "0":
        return flag == "2", digits[2:]
    raise ProofError("not a hex-prefix path")
