"""Keys made from a seed, and everything an exchange would publish with them. Independent of the code under test where
it matters: digests and transactions are spelled out here once more.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache

import sha3  # type: ignore[import-untyped]
from coincurve import PrivateKey, PublicKeyXOnly

MESSAGE = "I am an Assay test address"


@cache
def key(seed: str) -> PrivateKey:
    return PrivateKey(hashlib.sha256(seed.encode()).digest())


def point(seed: str) -> bytes:
    return key(seed).public_key.format(compressed=False)


def short(seed: str) -> bytes:
    return key(seed).public_key.format()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def double(data: bytes) -> bytes:
    return sha256(sha256(data))


def hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", sha256(data)).digest()


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())


def evm20(seed: str) -> bytes:
    return keccak(point(seed)[1:])[12:]


def vs(data: bytes) -> bytes:
    assert len(data) < 0xFD, "one length byte"
    return bytes([len(data)]) + data


def digest(form: str, message: str) -> bytes:
    text = message.encode()
    if form == "okx-keccak":
        return keccak(vs(b"OKX Signed Message:\n") + vs(text))
    if form == "eip191-keccak":
        return keccak(b"\x19Ethereum Signed Message:\n32" + keccak(text))
    if form == "eip191-text":
        return keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    if form == "tron-v2":
        return keccak(b"\x19TRON Signed Message:\n" + str(len(text)).encode() + text)
    assert form == "tron-v1"
    return keccak(b"\x19TRON Signed Message:\n32" + keccak(text))


def hex_signature(seed: str, form: str, message: str = MESSAGE) -> str:
    raw = key(seed).sign_recoverable(digest(form, message), hasher=None)
    return "0x" + (raw[:64] + bytes([27 + raw[64]])).hex()


def compact_signature(seed: str, header: str, message: str = MESSAGE, *, first: int = 31) -> str:
    """Base64 of a Bitcoin-like signature; ``first`` is 27, 31, 35 or 39."""
    raw = key(seed).sign_recoverable(double(vs(header.encode()) + vs(message.encode())), hasher=None)
    return b64encode(bytes([first + raw[64]]) + raw[:64]).decode()


def multisig_script(threshold: int, *keys: bytes) -> bytes:
    return bytes([0x50 + threshold]) + b"".join(vs(each) for each in keys) + bytes([0x50 + len(keys), 0xAE])


def tagged(tag: str, data: bytes) -> bytes:
    return sha256(sha256(tag.encode()) * 2 + data)


def spent_id(message: str, script: bytes) -> bytes:
    message_hash = tagged("BIP0322-signed-message", message.encode())
    tx = bytes(4) + b"\1" + bytes(32) + b"\xff" * 4 + vs(b"\0\x20" + message_hash) + bytes(4)
    return double(tx + b"\1" + bytes(8) + vs(script) + bytes(4))


def der_signature(seed: str, txid: bytes, script_code: bytes, *, version: int = 0) -> bytes:
    """BIP-143 over the one input of to_sign, SIGHASH_ALL."""
    outpoint = txid + bytes(4)
    preimage = version.to_bytes(4, "little") + double(outpoint) + double(bytes(4)) + outpoint + vs(script_code)
    preimage += bytes(8) + bytes(4) + double(bytes(8) + b"\1\x6a") + bytes(4) + b"\1\0\0\0"
    return key(seed).sign(double(preimage), hasher=None) + b"\1"


def key_code(seed: str) -> bytes:
    return b"\x76\xa9\x14" + hash160(short(seed)) + b"\x88\xac"


def witness(*items: bytes) -> bytes:
    return bytes([len(items)]) + b"".join(vs(item) for item in items)


def full(txid: bytes, stack: bytes, script_sig: bytes = b"", *, version: int = 0) -> bytes:
    spent = txid + bytes(4) + vs(script_sig) + bytes(4)
    return version.to_bytes(4, "little") + b"\0\1\1" + spent + b"\1" + bytes(8) + b"\1\x6a" + stack + bytes(4)


def taproot_key(seed: str) -> tuple[PrivateKey, bytes]:
    """BIP-86: the tweaked private key and its x-only public key."""
    secret = key(seed)
    if secret.public_key.format()[0] == 3:
        secret = PrivateKey((-int.from_bytes(secret.secret) % ORDER).to_bytes(32))
    tweak = int.from_bytes(tagged("TapTweak", secret.public_key.format()[1:]))
    tweaked = PrivateKey(((int.from_bytes(secret.secret) + tweak) % ORDER).to_bytes(32))
    return tweaked, PublicKeyXOnly.from_secret(tweaked.secret).format()


def taproot_witness(seed: str, txid: bytes, script: bytes) -> bytes:
    parts = (txid + bytes(4), bytes(8), vs(script), bytes(4), bytes(8) + b"\1\x6a")
    preimage = bytes([0, 0]) + bytes(4) + bytes(4) + b"".join(sha256(part) for part in parts) + bytes(5)
    return witness(taproot_key(seed)[0].sign_schnorr(tagged("TapSighash", preimage), bytes(32)))


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def with_high_s(rs: bytes, parity: int) -> tuple[bytes, int]:
    """The other signature of the same key and message."""
    return rs[:32] + (ORDER - int.from_bytes(rs[32:])).to_bytes(32), parity ^ 1
