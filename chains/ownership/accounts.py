"""Account addresses that follow from a secp256k1 key: text -> payload, and key -> payload, by the name of the kind.

Two texts of one account have one payload, so that comparing payloads is strict and spelling is not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

from chains.codec import base58check, bech32_bytes, c32check, conflux, evm_address, filecoin, nuls, ripple
from chains.codec.evm_address import keccak256
from chains.codec.hashes import blake2b, hash160, sha256d
from chains.errors import BadAddress
from chains.ownership.secp256k1 import compressed

ACCOUNT_BYTES = 20
_TRON_VERSION = 0x41
_STACKS_SINGLE_SIG = 22
_ICON = re.compile(r"hx[0-9a-f]{40}")


class Account(NamedTuple):
    """``parse(text, hrp)`` raises BadAddress; ``derive`` takes the 65-byte key. Both lead to one payload."""

    parse: Callable[[str, str], bytes]
    derive: Callable[[bytes], bytes]


def _evm(text: str, hrp: str) -> bytes:
    """0x; where the network has a bech32 prefix, that spelling of the same 20 bytes as well."""
    if hrp and not text.startswith("0x"):
        return bech32_bytes.decode(text, hrp, size=ACCOUNT_BYTES)
    return bytes.fromhex(evm_address.parse(text)[2:])


def _evm_key(key: bytes) -> bytes:
    return keccak256(key[1:])[12:]


def _filecoin_evm(text: str, hrp: str) -> bytes:
    return _evm(text, hrp) if text.startswith("0x") else filecoin.decode(text, "f410f")


def _bech32(text: str, hrp: str) -> bytes:
    return bech32_bytes.decode(text, hrp, size=ACCOUNT_BYTES)


def _hash160_key(key: bytes) -> bytes:
    return hash160(compressed(key))


def _tron(text: str, _: str) -> bytes:
    payload = base58check.decode(text)
    if len(payload) != 1 + ACCOUNT_BYTES or payload[0] != _TRON_VERSION:
        raise BadAddress("no account of this network: its addresses start with 'T'")
    return payload[1:]


def _aelf(text: str, _: str) -> bytes:
    payload = base58check.decode(text)
    if len(payload) != hashlib.sha256().digest_size:
        raise BadAddress("an address of this network has 32 bytes")
    return payload


def _conflux_key(key: bytes) -> bytes:
    payload = _evm_key(key)
    return bytes([0x10 | payload[0] & 0x0F]) + payload[1:]


def _icon(text: str, _: str) -> bytes:
    if not _ICON.fullmatch(text):
        raise BadAddress("an account of this network is 'hx' and 40 lower-case hexadecimal digits")
    return bytes.fromhex(text[2:])


def _icon_key(key: bytes) -> bytes:
    return hashlib.sha3_256(key[1:]).digest()[-ACCOUNT_BYTES:]


def _stacks(text: str, _: str) -> bytes:
    version, payload = c32check.decode(text)
    if version != _STACKS_SINGLE_SIG:
        raise BadAddress("no single-key address of the main network: those start with 'SP'")
    return payload


ACCOUNTS: dict[str, Account] = {
    "evm": Account(_evm, _evm_key),
    "filecoin-evm": Account(_filecoin_evm, _evm_key),
    "filecoin": Account(lambda text, _: filecoin.decode(text, "f1"), lambda key: blake2b(key, ACCOUNT_BYTES)),
    "tron": Account(_tron, _evm_key),
    "cosmos": Account(_bech32, _hash160_key),
    "ethermint": Account(_bech32, _evm_key),
    "aelf": Account(_aelf, sha256d),
    "conflux": Account(lambda text, _: conflux.decode(text), _conflux_key),
    "ripple": Account(lambda text, _: ripple.decode(text), _hash160_key),
    "icon": Account(_icon, _icon_key),
    "stacks": Account(_stacks, _hash160_key),
    "nuls": Account(lambda text, _: nuls.decode(text), _hash160_key),
}
"""``ethermint``: bech32 only. A network whose accounts have 0x as well is ``evm`` with an ``hrp``."""
