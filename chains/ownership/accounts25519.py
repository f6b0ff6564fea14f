"""Account addresses of ed25519 chains: text -> payload, and key -> the payloads it leads to, by the name of the kind.

Two texts of one account have one payload. ``None`` stands for an address that no key leads to by itself: a name, or a
number, whose keys only the chain knows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from chains.codec import algorand, base58, base58check, bech32_bytes, casper, icp, lisk32, sia, ss58, strkey, ton
from chains.codec.hashes import blake2b
from chains.errors import BadAddress
from chains.ownership import names25519
from chains.ownership.ton_wallets import wallets
from chains.ownership.types import Undecidable

_HEX20 = re.compile(r"[0-9a-f]{40}")
_LONG = re.compile(r"0x[0-9a-f]{64}")
_SHORT = re.compile(r"0x[1-9a-f][0-9a-f]{0,62}")
_TVM_RAW = re.compile(r"(?:0|-1):[0-9a-f]{64}")
_CARDANO_ENTERPRISE_KEY, _CARDANO_BYTES = 0x61, 29
_TEZOS_ED25519 = bytes.fromhex("06a19f")
_DER_ED25519 = bytes.fromhex("302a300506032b6570032100")
_KEY_BYTES = 32
_ALGORITHM_IOTA = b"\x00"


class Rules(Protocol):
    """What a kind of the configuration says about its addresses."""

    @property
    def ss58(self) -> tuple[int, ...]: ...
    @property
    def hrp(self) -> str: ...


class Account(NamedTuple):
    """``parse`` raises BadAddress and Undecidable; ``derive`` gives each payload of a key, by the rule's name.

    ``holds_key``: the payload is the key, so that a row need not publish it beside the address. ``spell``: the
    canonical text, where an address has several. ``aliases``: the chain may name a key by any of its payloads.
    """

    parse: Callable[[str, Rules], bytes | None]
    derive: Callable[[bytes], dict[str, bytes]]
    holds_key: bool = False
    spell: Callable[[bytes], str] | None = None
    aliases: bool = False


def _named(name: str, rule: Callable[[bytes], bytes]) -> Callable[[bytes], dict[str, bytes]]:
    return lambda key: {name: rule(key)}


def _is_key(key: bytes) -> dict[str, bytes]:
    return {"key": key}


def _nothing(_: bytes) -> dict[str, bytes]:
    return {}


def _base58_key(text: str, _: Rules) -> bytes:
    raw = base58.decode(text)
    if len(raw) != _KEY_BYTES:
        raise BadAddress(f"an address of this network has {_KEY_BYTES} bytes, not {len(raw)}")
    return raw


def _move(text: str, _: Rules) -> bytes:
    """0x and 64 digits, or fewer without leading zeros."""
    if not _LONG.fullmatch(text) and not _SHORT.fullmatch(text):
        raise BadAddress("an address of this network is 0x and 64 lower-case hexadecimal digits")
    return bytes.fromhex(text[2:].zfill(64))


def _aptos(key: bytes) -> dict[str, bytes]:
    """Authentication keys: of ed25519 (scheme 0), and of any one key (scheme 2, AIP-55), where ed25519 is variant 0."""
    single = bytes([0, _KEY_BYTES]) + key + b"\x02"
    return {"sha3-256": hashlib.sha3_256(key + b"\x00").digest(), "single-key": hashlib.sha3_256(single).digest()}


def _long_hex(text: str, _: Rules) -> bytes:
    if not _LONG.fullmatch(text):
        raise BadAddress("an address of this network is 0x and 64 lower-case hexadecimal digits")
    return bytes.fromhex(text[2:])


def _iota(text: str, rules: Rules) -> bytes:
    """0x, or the bech32 of the ledger before Rebased, which has a byte for the algorithm: one hash in both."""
    if text.startswith("0x"):
        return _long_hex(text, rules)
    raw = bech32_bytes.decode(text, rules.hrp, size=len(_ALGORITHM_IOTA) + _KEY_BYTES)
    if not raw.startswith(_ALGORITHM_IOTA):
        raise Undecidable("an address of an alias or NFT, not of a key")
    return raw[1:]


def _ton(text: str, _: Rules) -> bytes:
    return _ton_payload(ton.decode(text))


def _ton_payload(address: ton.TonAddress) -> bytes:
    return address.workchain.to_bytes(1, "big", signed=True) + address.hash


def _ton_text(payload: bytes) -> str:
    workchain = int.from_bytes(payload[:1], "big", signed=True)
    return ton.encode(ton.TonAddress(workchain, payload[1:]), bounceable=True)


def _venom(text: str, _: Rules) -> None:
    if not _TVM_RAW.fullmatch(text):
        ton.decode(text)


def _cardano(text: str, _: Rules) -> bytes:
    if not text.startswith("addr1v"):
        raise Undecidable("only enterprise addresses (addr1v...) follow from one key")
    raw = bech32_bytes.decode(text, "addr", size=_CARDANO_BYTES)
    if raw[0] != _CARDANO_ENTERPRISE_KEY:
        raise BadAddress("no enterprise address of the main network")
    return raw[1:]


def _tezos(text: str, _: Rules) -> bytes:
    if text.startswith(("tz2", "tz3", "tz4", "KT1")):
        raise Undecidable("a contract, or an account of another curve")
    raw = base58check.decode(text)
    if not raw.startswith(_TEZOS_ED25519) or len(raw) != len(_TEZOS_ED25519) + 20:
        raise BadAddress("no ed25519 account: those start with 'tz1'")
    return raw[len(_TEZOS_ED25519) :]


def _bech32_key(text: str, rules: Rules) -> bytes:
    return bech32_bytes.decode(text, rules.hrp, size=_KEY_BYTES)


def _pocket(text: str, _: Rules) -> bytes:
    if text.startswith("pokt1"):
        raise Undecidable("a Shannon account, whose keys are secp256k1")
    if not _HEX20.fullmatch(text):
        raise BadAddress("an address of this network is 40 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def _icp_account(key: bytes) -> bytes:
    return icp.account_of(icp.principal_of(_DER_ED25519 + key))


def _sha256_20(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:20]


ACCOUNTS: dict[str, Account] = {
    "solana": Account(_base58_key, _is_key, holds_key=True),
    "aptos": Account(_move, _aptos, aliases=True),
    "sui": Account(_long_hex, _named("blake2b-256", lambda key: blake2b(b"\x00" + key, 32))),
    "iota": Account(_iota, _named("blake2b-256", lambda key: blake2b(key, 32))),
    "ton": Account(
        _ton, lambda key: {name: _ton_payload(found) for name, found in wallets(key).items()}, spell=_ton_text
    ),
    "venom": Account(_venom, _nothing),
    "ss58": Account(lambda text, rules: ss58.decode(text, rules.ss58), _is_key, holds_key=True),
    "cardano": Account(_cardano, _named("enterprise", lambda key: blake2b(key, 28))),
    "stellar": Account(lambda text, _: strkey.decode(text), _is_key, holds_key=True),
    "near": Account(names25519.near, _is_key, holds_key=True),
    "algorand": Account(lambda text, _: algorand.decode(text), _is_key, holds_key=True),
    "tezos": Account(_tezos, _named("tz1", lambda key: blake2b(key, 20))),
    "bech32": Account(_bech32_key, _is_key, holds_key=True),
    "icp": Account(lambda text, _: icp.decode(text), _named("default-account", _icp_account)),
    "casper": Account(lambda text, _: casper.decode(text), _named("account-hash", casper.account_hash)),
    "kadena": Account(names25519.kadena, _is_key, holds_key=True),
    "sia": Account(lambda text, _: sia.decode(text), _named("standard-conditions", sia.standard_conditions)),
    "lisk32": Account(lambda text, rules: lisk32.decode(text, rules.hrp), _named("sha256", _sha256_20)),
    "pocket": Account(_pocket, _named("sha256", _sha256_20)),
    "hedera": Account(names25519.hedera, _nothing),
    "iost": Account(names25519.iost, _nothing),
    "canton": Account(names25519.canton, _nothing),
}
