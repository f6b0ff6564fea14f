"""Address text <-> scriptPubKey. One script has one canonical text; every text leads to one script."""

from __future__ import annotations

from bitcoin.core.script import (  # type: ignore[import-untyped]
    OP_CHECKSIG,
    OP_DUP,
    OP_EQUAL,
    OP_EQUALVERIFY,
    OP_HASH160,
    OP_HASH256,
    CScriptOp,
)

from chains.codec import base58check, bech32, cashaddr
from chains.errors import BadAddress, HiddenAddress
from chains.types import Address
from chains.utxo.params import Coin

HASH_BYTES = 20
HIDDEN_TEXT_MAX = 512
_AROUND: dict[cashaddr.Form, tuple[bytes, int, bytes]] = {
    "p2pkh": (bytes([OP_DUP, OP_HASH160, 20]), 20, bytes([OP_EQUALVERIFY, OP_CHECKSIG])),
    "p2sh": (bytes([OP_HASH160, 20]), 20, bytes([OP_EQUAL])),
    "p2sh32": (bytes([OP_HASH256, 32]), 32, bytes([OP_EQUAL])),
}
"""What stands before a hash, its size, and what stands behind it."""
_WITNESS_VERSION = tuple(bytes([CScriptOp.encode_op_n(version)]) for version in range(17))


def to_script(coin: Coin, text: str) -> bytes:
    """The scriptPubKey an address stands for. Raises BadAddress; accepts every spelling ``canonical`` accepts."""
    if coin.hrp is not None and _has_prefix(text, coin.hrp):
        version, program = bech32.decode_segwit(text, coin.hrp)
        return _WITNESS_VERSION[version] + bytes([len(program)]) + program
    form, digest = _hashed(coin, text)
    head, _, tail = _AROUND[form]
    return head + digest + tail


def canonical(coin: Coin, text: str) -> Address:
    """The one spelling of an address. Raises BadAddress.

    Segwit in lower case, hashes as CashAddr where the coin has it, of the types that say nothing of tokens; script
    hashes under the coin's first version: Litecoin's old ``3...`` (version 5, Bitcoin's own) becomes ``M...`` (version
    50): the same script, one account.
    """
    if coin.hrp is not None and _has_prefix(text, coin.hrp):
        bech32.decode_segwit(text, coin.hrp)
        return Address(text.lower())
    return _hash_address(coin, *_hashed(coin, text))


def from_script(coin: Coin, script: bytes) -> Address | None:
    """The canonical address of a scriptPubKey; None where the coin has no address for it (P2PK, multisig, data)."""
    for form, (head, size, tail) in _AROUND.items():
        fits = len(script) == len(head) + size + len(tail) and script.startswith(head) and script.endswith(tail)
        if fits and (form != "p2sh32" or coin.tokens):
            return _hash_address(coin, form, script[len(head) : len(head) + size])
    if coin.hrp is None or not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    if script[:1] not in _WITNESS_VERSION or (script[0] == 0 and len(script) not in (22, 34)):
        return None
    return Address(bech32.encode_segwit(coin.hrp, _WITNESS_VERSION.index(script[:1]), script[2:]))


def _has_prefix(text: str, hrp: str) -> bool:
    return text[: len(hrp) + 1].lower() == f"{hrp}1"


def _hash_address(coin: Coin, form: cashaddr.Form, digest: bytes) -> Address:
    if coin.cashaddr:
        return Address(cashaddr.encode(form, digest, coin.cashaddr[0]))
    return Address(base58check.encode(_version(coin.p2pkh if form == "p2pkh" else coin.p2sh[0]) + digest))


def _hashed(coin: Coin, text: str) -> tuple[cashaddr.Form, bytes]:
    """(form, hash) of an address that is no segwit."""
    if coin.cashaddr and (":" in text or len(text) > len("1" * 35)):
        return cashaddr.decode(text, coin.cashaddr, tokens=coin.tokens)
    try:
        payload = base58check.decode(text)
    except BadAddress as error:
        raise _foreign_segwit(coin, text) or error from None
    size = len(_version(coin.p2pkh))
    if len(payload) != size + HASH_BYTES:
        raise BadAddress(f"{len(payload)} bytes of payload are no address of this network")
    version = int.from_bytes(payload[:size], "big")
    if version != coin.p2pkh and version not in coin.p2sh:
        raise BadAddress(f"version {version} is no address of this network")
    return "p2pkh" if version == coin.p2pkh else "p2sh", payload[size:]


def _version(number: int) -> bytes:
    return number.to_bytes(1 if number < 256 else 2, "big")


def _foreign_segwit(coin: Coin, text: str) -> BadAddress | None:
    """What is wrong with a text that is no Base58, where it is really bech32 of something else."""
    for hrp, name in coin.hidden.items():
        if _has_prefix(text, hrp):
            bech32.read(text, text_max=HIDDEN_TEXT_MAX)
            return HiddenAddress(f"{name}: its coins are hidden, no one but the owner can read the balance")
    try:
        prefix = bech32.read(text)[0]
    except BadAddress:
        return None
    if coin.hrp is None:
        return BadAddress(f"a bech32 address ({prefix!r}): this network has none")
    return BadAddress(f"the prefix is {prefix!r}, this network's is {coin.hrp!r}")
