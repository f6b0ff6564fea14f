"""Honest rows of keys made here, as published and as the bare operations behind them."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Callable
from functools import cache

from coincurve import PrivateKey, PublicKey
from nacl.signing import SigningKey, VerifyKey

from chains.codec import base58, base58check, bech32, bech32_bytes
from chains.codec.evm_address import keccak256
from chains.codec.hashes import hash160
from chains.ownership.messages import OKX_HEADER, bitcoin, digest, with_header

MESSAGE = "I am an Assay bench address"
HEADER = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script,eoa1,eoa2"
DISTINCT = 4_000
_BITCOIN = "Bitcoin Signed Message:\n"
_SHARES = ("evm",) * 11 + ("tron",) * 4 + ("multisig",) * 2 + ("ecdsa",) + ("ed25519",) * 2

Row = tuple[str, Callable[[], bool]]
"""(published line, the same check on bytes)"""


@cache
def rows() -> tuple[Row, ...]:
    chance = random.Random(DISTINCT)
    kinds = [_SHARES[number % len(_SHARES)] for number in range(DISTINCT)]
    chance.shuffle(kinds)
    return tuple(_MAKERS[kind](chance.randbytes(32)) for kind in kinds)


def published() -> list[str]:
    return [line for line, _ in rows()]


def _line(coin: str, network: str, address: str, *cells: str) -> str:
    return ",".join([coin, network, "1", address, "1.25", MESSAGE, *cells, *[""] * (5 - len(cells))])


def _signed(key: PrivateKey, hashed: bytes) -> bytes:
    return key.sign_recoverable(hashed, hasher=None)


def _hex(raw: bytes) -> str:
    return "0x" + (raw[:64] + bytes([27 + raw[64]])).hex()


def _recovers(raw: bytes, hashed: bytes, derive: Callable[[bytes], bytes], target: bytes) -> Callable[[], bool]:
    def check() -> bool:
        key = PublicKey.from_signature_and_message(raw, hashed, hasher=None).format(compressed=False)
        return derive(key) == target

    return check


def _account(key: bytes) -> bytes:
    return keccak256(key[1:])[12:]


def _cosmos(key: bytes) -> bytes:
    return hash160(bytes([2 + (key[64] & 1)]) + key[1:33])


def _evm(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("eip191-keccak", MESSAGE)
    raw, target = _signed(key, hashed), _account(key.public_key.format(compressed=False))
    return _line("ETH", "ETH", "0x" + target.hex(), _hex(raw)), _recovers(raw, hashed, _account, target)


def _tron(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("tron-v2", MESSAGE)
    raw, target = _signed(key, hashed), _account(key.public_key.format(compressed=False))
    line = _line("USDT", "TRON", base58check.encode(b"\x41" + target), _hex(raw))
    return line, _recovers(raw, hashed, _account, target)


def _ecdsa(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("okx-keccak", MESSAGE)
    raw, target = _signed(key, hashed), _cosmos(key.public_key.format(compressed=False))
    line = _line("ATOM", "ATOM", bech32_bytes.encode("cosmos", target), _hex(raw))
    return line, _recovers(raw, hashed, _cosmos, target)


def _multisig(seed: bytes) -> Row:
    keys = [PrivateKey(hashlib.sha256(seed + bytes([number])).digest()) for number in range(3)]
    publics = [key.public_key.format() for key in keys]
    script = b"\x52" + b"".join(b"\x21" + public for public in publics) + b"\x53\xae"
    program, hashed = hashlib.sha256(script).digest(), bitcoin(_BITCOIN, MESSAGE)
    raws = [_signed(key, hashed) for key in keys[:2]]
    texts = [b64encode(bytes([31 + raw[64]]) + raw[:64]).decode() for raw in raws]

    def check() -> bool:
        found = {PublicKey.from_signature_and_message(raw, hashed, hasher=None).format() for raw in raws}
        return hashlib.sha256(script).digest() == program and len(found.intersection(publics)) == 2

    return _line("BTC", "BTC", bech32.encode_segwit("bc", 0, program), *texts, script.hex()), check


def _ed25519(seed: bytes) -> Row:
    key, signed = SigningKey(seed), with_header(OKX_HEADER, MESSAGE)
    raw, public = key.sign(signed).signature, bytes(key.verify_key)

    def check() -> bool:
        return VerifyKey(public).verify(signed, raw) == signed

    return _line("SOL", "SOL", base58.encode(public), "0x" + raw.hex(), "", "0x" + public.hex()), check


_MAKERS: dict[str, Callable[[bytes], Row]] = {
    "evm": _evm,
    "tron": _tron,
    "ecdsa": _ecdsa,
    "multisig": _multisig,
    "ed25519": _ed25519,
}
