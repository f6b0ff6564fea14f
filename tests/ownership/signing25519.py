"""Keys of every other curve made from a seed, and what an exchange would publish with them."""

from __future__ import annotations

import hashlib
from functools import cache

from coincurve import PrivateKey
from crypto_cpp_py.cpp_bindings import cpp_get_public_key, cpp_sign  # type: ignore[import-untyped]
from nacl.signing import SigningKey
from pyblst import BlstP1Element, BlstP2Element  # type: ignore[import-untyped]

from chains.codec import antelope
from chains.ownership.bls import DST
from chains.ownership.starknet import message_hash
from tests.ownership.signing import MESSAGE, digest, sha256, vs

BLS_GENERATOR = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
BLS_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


def okx_bytes(message: str) -> bytes:
    return vs(b"OKX Signed Message:\n") + vs(message.encode())


@cache
def secret(seed: str) -> SigningKey:
    return SigningKey(sha256(seed.encode()))


def public(seed: str) -> bytes:
    return bytes(secret(seed).verify_key)


def ed_signature(seed: str, message: str = MESSAGE) -> str:
    return "0x" + secret(seed).sign(okx_bytes(message)).signature.hex()


def _scalar(seed: str, order: int) -> int:
    return int.from_bytes(sha256(seed.encode())) % order


@cache
def validator_key(seed: str) -> str:
    point = BlstP1Element.uncompress(bytes.fromhex(BLS_GENERATOR)).scalar_mul(_scalar(seed, BLS_ORDER))
    return "0x" + bytes(point.compress()).hex()


@cache
def bls_signature(seed: str, message: str = MESSAGE) -> str:
    hashed = BlstP2Element.hash_to_group(digest("eip191-keccak", message), DST)
    return "0x" + bytes(hashed.scalar_mul(_scalar(seed, BLS_ORDER)).compress()).hex()


def eos_key(seed: str) -> PrivateKey:
    return PrivateKey(sha256(seed.encode()))


def eos_signature(seed: str, message: str = MESSAGE) -> str:
    raw = eos_key(seed).sign_recoverable(hashlib.sha256(okx_bytes(message)).digest(), hasher=None)
    return antelope.encode_signature(bytes([31 + raw[64]]) + raw[:64])


def stark_scalar(seed: str) -> int:
    return _scalar(seed, 2**250)


@cache
def stark_key(seed: str) -> int:
    return int(cpp_get_public_key(stark_scalar(seed)))


@cache
def stark_signature(seed: str, address: int, message: str = MESSAGE) -> str:
    r, s = cpp_sign(message_hash(address, message), stark_scalar(seed))
    return f"{r:064x}{s:064x}"
