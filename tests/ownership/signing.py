"""Keys made from a seed, and everything an exchange would publish with them. Independent of the code under test where
it matters: digests and transactions are spelled out here once more.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache

import sha3  # type: ignore[import-untyped]
from coincurve import PrivateKey

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


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def with_high_s(rs: bytes, parity: int) -> tuple[bytes, int]:
    """The other signature of the same key and message."""
    return rs[:32] + (ORDER - int.from_bytes(rs[32:])).to_bytes(32), parity ^ 1
