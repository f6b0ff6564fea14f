"""An independent signer of BIP-322: python-bitcoinlib makes and signs the transactions, taproot is spelled out here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bitcoin.core import (  # type: ignore[import-untyped]
    COutPoint,
    CTransaction,
    CTxIn,
    CTxInWitness,
    CTxOut,
    CTxWitness,
)
from bitcoin.core.script import (  # type: ignore[import-untyped]
    OP_RETURN,
    SIGHASH_ALL,
    SIGVERSION_BASE,
    SIGVERSION_WITNESS_V0,
    CScript,
    CScriptWitness,
    SignatureHash,
)
from bitcoin.core.serialize import BytesSerializer  # type: ignore[import-untyped]
from coincurve import PrivateKey, PublicKeyXOnly

from tests.ownership.signing import MESSAGE, ORDER, hash160, key, sha256, short, tagged, vs

ALL = bytes([SIGHASH_ALL])


class Spend(NamedTuple):
    """What is signed for: the script of an address, a message, and the free fields of to_sign."""

    script: bytes
    message: str = MESSAGE
    version: int = 0
    sequence: int = 0
    locktime: int = 0

    @property
    def outpoint(self) -> COutPoint:
        challenge = CScript([0, tagged("BIP0322-signed-message", self.message.encode())])
        spent = CTxIn(COutPoint(bytes(32), 0xFFFFFFFF), challenge, 0)
        return COutPoint(CTransaction([spent], [CTxOut(0, CScript(self.script))], 0, 0).GetTxid(), 0)

    def to_sign(self, script_sig: bytes = b"", stack: Sequence[bytes] = ()) -> CTransaction:
        spent = CTxIn(self.outpoint, CScript(script_sig), self.sequence)
        witness = CTxWitness([CTxInWitness(CScriptWitness(stack))])
        return CTransaction([spent], [CTxOut(0, CScript([OP_RETURN]))], self.locktime, self.version, witness)

    def full(self, script_sig: bytes = b"", stack: Sequence[bytes] = ()) -> bytes:
        return bytes(self.to_sign(script_sig, stack).serialize())

    def legacy(self, seed: str, code: bytes) -> bytes:
        return self._signed(seed, code, SIGVERSION_BASE)

    def segwit(self, seed: str, code: bytes) -> bytes:
        return self._signed(seed, code, SIGVERSION_WITNESS_V0)

    def _signed(self, seed: str, code: bytes, rules: int) -> bytes:
        digest = SignatureHash(CScript(code), self.to_sign(), 0, SIGHASH_ALL, amount=0, sigversion=rules)
        return key(seed).sign(digest, hasher=None) + ALL

    def schnorr(self, secret: PrivateKey, leaf: bytes = b"", sighash: int = 0) -> bytes:
        """By the key path, or for a leaf, which may be any script."""
        parts = (
            bytes(self.outpoint.serialize()),
            bytes(8),
            vs(self.script),
            self.sequence.to_bytes(4, "little"),
            bytes(8) + b"\1\x6a",
        )
        preimage = bytes([0, sighash]) + self.version.to_bytes(4, "little") + self.locktime.to_bytes(4, "little")
        preimage += b"".join(map(sha256, parts)) + bytes([2 if leaf else 0]) + bytes(4)
        preimage += leaf_hash(leaf) + bytes(1) + b"\xff" * 4 if leaf else b""
        return secret.sign_schnorr(tagged("TapSighash", preimage), bytes(32)) + (bytes([sighash]) if sighash else b"")


def witness(*items: bytes) -> bytes:
    return bytes(CScriptWitness(items).serialize())


def key_code(key_hash: bytes) -> bytes:
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def even(seed: str) -> PrivateKey:
    """The private key whose point has an even y: an x-only key's own."""
    secret = key(seed)
    return secret if short(seed)[0] == 2 else PrivateKey((-int.from_bytes(secret.secret) % ORDER).to_bytes(32))


def x_only(seed: str) -> bytes:
    return short(seed)[1:]


def leaf_hash(leaf: bytes, version: int = 0xC0) -> bytes:
    return tagged("TapLeaf", bytes([version]) + BytesSerializer.serialize(leaf))


class Taproot(NamedTuple):
    """An output key, its private key, and the control block of a leaf beside a path of other nodes."""

    secret: PrivateKey
    script: bytes
    control: bytes


def taproot(seed: str, leaf: bytes = b"", *path: bytes, version: int = 0xC0) -> Taproot:
    """BIP-341; without a leaf, BIP-86."""
    node = leaf_hash(leaf, version) if leaf else b""
    for other in path:
        node = tagged("TapBranch", min(node, other) + max(node, other))
    tweak = int.from_bytes(tagged("TapTweak", x_only(seed) + node))
    secret = PrivateKey(((int.from_bytes(even(seed).secret) + tweak) % ORDER).to_bytes(32))
    parity = secret.public_key.format()[0] & 1
    script = b"\x51\x20" + PublicKeyXOnly.from_secret(secret.secret).format()
    return Taproot(secret, script, bytes([version | parity]) + x_only(seed) + b"".join(path))


def some_of(threshold: int, *seeds: str) -> bytes:
    """``<key> OP_CHECKSIG <key> OP_CHECKSIGADD ... <m> OP_NUMEQUAL``."""
    steps = [vs(x_only(seed)) + (b"\xba" if at else b"\xac") for at, seed in enumerate(seeds)]
    return b"".join(steps) + bytes([0x50 + threshold, 0x9C])


def p2sh(inner: bytes) -> bytes:
    return b"\xa9\x14" + hash160(inner) + b"\x87"
