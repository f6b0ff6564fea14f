"""Honest rows of keys made here: as published, and as the operations that any check of them must do.

Those are: the address's text to its bytes, the hexadecimal or Base64 of keys, scripts and signatures, the curve
operations by coincurve and pynacl, and the hashes from key or script to address. What is signed is hashed once, for it
is one message. No cells, no dispatch, no amounts, no verdicts.
"""

from __future__ import annotations

import hashlib
import random
from base64 import b64decode, b64encode
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

Check = Callable[[], bool]
Row = tuple[str, Check]
"""(published line, the operations behind it)"""


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


def _recovers(text: str, hashed: bytes, derive: Callable[[bytes], bytes], target: Callable[[], bytes]) -> Check:
    def check() -> bool:
        raw = bytes.fromhex(text[2:])
        signature = raw[:64] + bytes([raw[64] - 27])
        key = PublicKey.from_signature_and_message(signature, hashed, hasher=None).format(compressed=False)
        return derive(key) == target()

    return check


def _account(key: bytes) -> bytes:
    return keccak256(key[1:])[12:]


def _cosmos(key: bytes) -> bytes:
    return hash160(bytes([2 + (key[64] & 1)]) + key[1:33])


def _evm(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("eip191-keccak", MESSAGE)
    text, address = _hex(_signed(key, hashed)), "0x" + _account(key.public_key.format(compressed=False)).hex()
    return _line("ETH", "ETH", address, text), _recovers(text, hashed, _account, lambda: bytes.fromhex(address[2:]))


def _tron(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("tron-v2", MESSAGE)
    text = _hex(_signed(key, hashed))
    address = base58check.encode(b"\x41" + _account(key.public_key.format(compressed=False)))
    line = _line("USDT", "TRON", address, text)
    return line, _recovers(text, hashed, _account, lambda: base58check.decode(address)[1:])


def _ecdsa(seed: bytes) -> Row:
    key, hashed = PrivateKey(seed), digest("okx-keccak", MESSAGE)
    text = _hex(_signed(key, hashed))
    address = bech32_bytes.encode("cosmos", _cosmos(key.public_key.format(compressed=False)))
    line = _line("ATOM", "ATOM", address, text)
    return line, _recovers(text, hashed, _cosmos, lambda: bech32_bytes.decode(address, "cosmos", size=20))


def _multisig(seed: bytes) -> Row:
    keys = [PrivateKey(hashlib.sha256(seed + bytes([number])).digest()) for number in range(3)]
    publics = [key.public_key.format() for key in keys]
    shown = (b"\x52" + b"".join(b"\x21" + public for public in publics) + b"\x53\xae").hex()
    address = bech32.encode_segwit("bc", 0, hashlib.sha256(bytes.fromhex(shown)).digest())
    hashed = bitcoin(_BITCOIN, MESSAGE)
    raws = [_signed(key, hashed) for key in keys[:2]]
    texts = [b64encode(bytes([31 + raw[64]]) + raw[:64]).decode() for raw in raws]

    def signer(text: str) -> bytes:
        raw = b64decode(text)
        return PublicKey.from_signature_and_message(raw[1:] + bytes([raw[0] - 31]), hashed, hasher=None).format()

    def check() -> bool:
        script = bytes.fromhex(shown)
        named = {script[2:35], script[36:69], script[70:103]}
        right = hashlib.sha256(script).digest() == bech32.decode_segwit(address, "bc")[1]
        return right and len(named.intersection(map(signer, texts))) == 2

    return _line("BTC", "BTC", address, *texts, shown), check


def _ed25519(seed: bytes) -> Row:
    key, signed = SigningKey(seed), with_header(OKX_HEADER, MESSAGE)
    shown, text = bytes(key.verify_key).hex(), key.sign(signed).signature.hex()
    address = base58.encode(bytes(key.verify_key))

    def check() -> bool:
        public = bytes.fromhex(shown)
        held = VerifyKey(public).verify(signed, bytes.fromhex(text)) == signed
        return held and base58.decode(address) == public

    return _line("SOL", "SOL", address, "0x" + text, "", "0x" + shown), check


_MAKERS: dict[str, Callable[[bytes], Row]] = {
    "evm": _evm,
    "tron": _tron,
    "ecdsa": _ecdsa,
    "multisig": _multisig,
    "ed25519": _ed25519,
}
