"""m-of-n scripts: <m> <key>... <n> OP_CHECKMULTISIG, exactly, and what hashes to what."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from chains.codec.hashes import hash160
from chains.ownership.script import ELEMENT_BYTES_MAX, OP_1, OP_16, OP_CHECKMULTISIG, strange
from chains.ownership.types import BadProof, Undecidable
from chains.ownership.utxo_address import Target

COMPRESSED, UNCOMPRESSED = 33, 65
_HEADS = {COMPRESSED: (2, 3), UNCOMPRESSED: (4,)}
_STEPS = {*_HEADS, OP_CHECKMULTISIG}


class Multisig(NamedTuple):
    threshold: int
    keys: tuple[bytes, ...]


def parse(script: bytes) -> Multisig:
    """Raises Undecidable: the script may be honest, but it is no plain m-of-n."""
    if len(script) < 3 or script[-1] != OP_CHECKMULTISIG or not OP_1 <= script[0] <= script[-2] <= OP_16:
        raise Undecidable(f"the redeem script is no plain m-of-n: {strange(script, _STEPS)}")
    keys: list[bytes] = []
    at, end = 1, len(script) - 2
    while at < end:
        size = script[at]
        key = script[at + 1 : at + 1 + size]
        if len(key) != size or at + 1 + size > end or not is_key(key):
            raise Undecidable(f"the redeem script is no plain m-of-n, or has an odd key: {strange(script, _STEPS)}")
        keys.append(key)
        at += 1 + size
    if len(keys) != script[-2] - OP_1 + 1:
        raise Undecidable("the redeem script is no plain m-of-n: it counts its keys wrongly")
    return Multisig(script[0] - OP_1 + 1, tuple(keys))


def is_key(data: bytes) -> bool:
    """Whether these bytes have the form of a public key, compressed or not; never the hybrid one."""
    return len(data) in _HEADS and data[0] in _HEADS[len(data)]


def check_hash(script: bytes, target: Target) -> str:
    """The form in which the script hashes to the address: p2sh, p2sh32, p2wsh or p2sh-p2wsh. Raises BadProof."""
    if target.form == "p2wsh" and sha256(script).digest() == target.digest:
        return "p2wsh"
    if target.form == "p2sh32" and sha256(sha256(script).digest()).digest() == target.digest:
        return "p2sh32"
    if target.form == "p2sh":
        if hash160(script) == target.digest:
            if len(script) > ELEMENT_BYTES_MAX:
                raise BadProof(f"a redeem script of more than {ELEMENT_BYTES_MAX} bytes cannot be spent")
            return "p2sh"
        if hash160(bytes([0, 32]) + sha256(script).digest()) == target.digest:
            return "p2sh-p2wsh"
    raise BadProof("the published redeem script does not hash to this address")


def nested_key_hash(script: bytes) -> bytes | None:
    """The key hash of a published P2SH-P2WPKH redeem script (00 14 and 20 bytes), else None."""
    return script[2:] if len(script) == 22 and script.startswith(bytes([0, 20])) else None
