"""How a witness spends a taproot output: by its key, or by a script of the tree that the key commits to (BIP-341, 342).

Two kinds of leaf are read: one key, and m of n keys by OP_CHECKSIGADD. Any other names what it does, and proves nothing
here: its other ways to be spent would have to be run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from coincurve import PublicKeyXOnly

from chains.codec.hashes import tagged
from chains.ownership import bip322_digests, script
from chains.ownership.bip322_tx import ToSign
from chains.ownership.messages import varstring
from chains.ownership.types import BadProof, Undecidable

KEY_BYTES, SCHNORR_BYTES, NODE_BYTES, DEPTH_MAX = 32, 64, 32, 128
_STEPS = {KEY_BYTES, script.OP_CHECKSIG, script.OP_CHECKSIGADD, script.OP_NUMEQUAL}
_TAPSCRIPT, _VERSION_BITS, _PARITY_BIT, _ANNEX = 0xC0, 0xFE, 1, b"\x50"

Digest = Callable[[int], bytes]
"""What is signed, by its sighash."""


class Leaf(NamedTuple):
    """``threshold`` of the keys must sign, no more and no fewer."""

    threshold: int
    keys: tuple[bytes, ...]


def satisfied(tx: ToSign, program: bytes) -> bytes:
    """The key or leaf that the witness reveals, once it satisfies the whole program. Raises BadProof and Undecidable.

    An annex has no meaning yet: what it will mean, nobody can judge.
    """
    output_key, items = program[2:], tx.witness
    if len(items) > 1 and items[-1].startswith(_ANNEX):
        raise Undecidable("a taproot annex, whose meaning is not defined")
    if len(items) < 2:
        if not items or not _signed(items[0], partial(bip322_digests.taproot, tx, program), output_key):
            raise BadProof("the Schnorr signature does not hold for this address and message")
        return output_key
    *stack, revealed, control = items
    leaf_hash = committed(control, revealed, output_key)
    if control[0] & _VERSION_BITS != _TAPSCRIPT:
        raise Undecidable(f"a taproot leaf of version 0x{control[0] & _VERSION_BITS:02x}, whose rules are not defined")
    _satisfied_leaf(stack, read_leaf(revealed), partial(bip322_digests.taproot, tx, program, leaf=leaf_hash))
    return revealed


def committed(control: bytes, leaf: bytes, output_key: bytes) -> bytes:
    """The hash of a leaf to which the output key commits by this control block. Raises BadProof."""
    head, path = control[: 1 + KEY_BYTES], control[1 + KEY_BYTES :]
    if len(head) != 1 + KEY_BYTES or len(path) % NODE_BYTES or len(path) > DEPTH_MAX * NODE_BYTES:
        raise BadProof("the control block is no key and path")
    internal = head[1:]
    leaf_hash = node = tagged("TapLeaf", bytes([head[0] & _VERSION_BITS]) + varstring(leaf))
    for at in range(0, len(path), NODE_BYTES):
        node = tagged("TapBranch", b"".join(sorted((node, path[at : at + NODE_BYTES]))))
    try:
        key = PublicKeyXOnly(internal)
        key.tweak_add(tagged("TapTweak", internal + node))
    except ValueError:
        raise BadProof("the control block's key is no point") from None
    if key.format() != output_key or key.parity != bool(head[0] & _PARITY_BIT):
        raise BadProof("this address does not commit to the script that the witness shows")
    return leaf_hash


def read_leaf(leaf: bytes) -> Leaf:
    """``<key> OP_CHECKSIG``, or ``<key> OP_CHECKSIG (<key> OP_CHECKSIGADD)... <m> OP_NUMEQUAL``. Raises Undecidable."""
    steps = list(script.instructions(leaf))
    keys: list[bytes] = []
    for push, check in zip(steps[::2], steps[1::2], strict=False):
        if push.opcode != KEY_BYTES or check.opcode != (script.OP_CHECKSIGADD if keys else script.OP_CHECKSIG):
            break
        keys.append(push.data)
    match steps[2 * len(keys) :]:
        case [] if len(keys) == 1:
            return Leaf(1, tuple(keys))
        case [count, equal] if equal.opcode == script.OP_NUMEQUAL and keys and (threshold := script.number(count)):
            return Leaf(threshold, tuple(keys))
    raise Undecidable(f"a taproot script that is neither one key nor m of n keys: {script.strange(leaf, _STEPS)}")


def _satisfied_leaf(stack: list[bytes], leaf: Leaf, digest: Digest) -> None:
    """A signature or an empty item for each key, the first key's on top. Raises BadProof."""
    if len(stack) != len(leaf.keys):
        raise BadProof(f"{len(stack)} items for a script of {len(leaf.keys)} keys")
    signed = 0
    for key, signature in zip(leaf.keys, reversed(stack), strict=True):
        if signature and not _signed(signature, digest, key):
            raise BadProof("a Schnorr signature does not hold for its key of the script")
        signed += bool(signature)
    if signed != leaf.threshold:
        raise BadProof(f"{signed} keys of the script signed, where it asks for {leaf.threshold}")


def _signed(item: bytes, digest: Digest, key: bytes) -> bool:
    """By SIGHASH_DEFAULT, or by a SIGHASH_ALL that is written down."""
    signature, tail = item[:SCHNORR_BYTES], item[SCHNORR_BYTES:]
    if len(signature) != SCHNORR_BYTES or tail not in (b"", bytes([bip322_digests.SIGHASH_ALL])):
        return False
    try:
        return PublicKeyXOnly(key).verify(signature, digest(tail[0] if tail else bip322_digests.SIGHASH_DEFAULT))
    except ValueError:
        return False
