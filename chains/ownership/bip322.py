"""BIP-322 generic signed messages, simple and full: P2WPKH, P2TR by its key, P2WSH m-of-n, and the first and third
inside P2SH (full only). The rules are those of spending: strict DER, low s, SIGHASH_ALL. Others are named, not judged.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from coincurve import PublicKey, PublicKeyXOnly
from coincurve.ecdsa import cdata_to_der, der_to_cdata

from chains.codec.hashes import hash160
from chains.ownership import multisig
from chains.ownership.bip322_tx import (
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    ToSign,
    read_full,
    read_simple,
    segwit_digest,
    taproot_digest,
    to_spend_id,
)
from chains.ownership.types import BadProof, Undecidable
from chains.ownership.utxo_address import Target

SCHNORR_BYTES = 64
_HEADS = {"p2wpkh": b"\x00\x14", "p2wsh": b"\x00\x20", "p2tr": b"\x51\x20"}


class Proven(NamedTuple):
    """``form``: simple or full. ``revealed``: the key or script that the witness shows for the address."""

    form: str
    revealed: bytes


def verify(raw: bytes, message: str, target: Target) -> Proven:
    """Raises BadProof and Undecidable."""
    if target.form == "p2pkh":
        raise Undecidable("BIP-322 signatures of legacy addresses are not read")
    script = _script_of(target)
    spent_id = to_spend_id(message, script)
    form, tx = _read(raw, spent_id)
    program = _unwrapped(tx, target) if target.form == "p2sh" else script
    if target.form != "p2sh" and tx.script_sig:
        raise BadProof("a script where a witness address has none")
    return Proven(form, _satisfied(tx, spent_id, program))


def _script_of(target: Target) -> bytes:
    if target.form == "p2sh":
        return b"\xa9\x14" + target.digest + b"\x87"
    return _HEADS[target.form] + target.digest


def _read(raw: bytes, spent_id: bytes) -> tuple[str, ToSign]:
    try:
        return "simple", read_simple(raw)
    except BadProof:
        return "full", read_full(raw, spent_id)


def _unwrapped(tx: ToSign, target: Target) -> bytes:
    """The witness program inside P2SH: the one push of the input's script."""
    size, program = tx.script_sig[:1], tx.script_sig[1:]
    if not program or size != bytes([len(program)]) or hash160(program) != target.digest:
        raise BadProof("the input's script does not hash to this address")
    if not program.startswith((_HEADS["p2wpkh"], _HEADS["p2wsh"])):
        raise Undecidable("BIP-322 signatures of legacy scripts are not read")
    return program


def _satisfied(tx: ToSign, spent_id: bytes, program: bytes) -> bytes:
    """What the witness reveals, once it satisfies the program."""
    if program.startswith(_HEADS["p2tr"]):
        return _by_taproot(tx, spent_id, program)
    if program.startswith(_HEADS["p2wpkh"]) and len(program) == 22:
        return _by_key(tx, spent_id, program[2:])
    if program.startswith(_HEADS["p2wsh"]) and len(program) == 34:
        return _by_script(tx, spent_id, program[2:])
    raise BadProof("no witness program")


def _by_taproot(tx: ToSign, spent_id: bytes, program: bytes) -> bytes:
    if len(tx.witness) != 1:
        raise Undecidable("taproot script paths are not read")
    signature, tail = tx.witness[0][:SCHNORR_BYTES], tx.witness[0][SCHNORR_BYTES:]
    if len(signature) != SCHNORR_BYTES or tail not in (b"", bytes([SIGHASH_ALL])):
        raise BadProof("no Schnorr signature with SIGHASH_DEFAULT or SIGHASH_ALL")
    digest = taproot_digest(tx, spent_id, program, tail[0] if tail else SIGHASH_DEFAULT)
    try:
        good = PublicKeyXOnly(program[2:]).verify(signature, digest)
    except ValueError:
        good = False
    if not good:
        raise BadProof("the Schnorr signature does not hold for this address and message")
    return program[2:]


def _by_key(tx: ToSign, spent_id: bytes, key_hash: bytes) -> bytes:
    if len(tx.witness) != 2:
        raise BadProof("the witness of a key hash is a signature and a key")
    signature, key = tx.witness
    if len(key) != multisig.COMPRESSED or hash160(key) != key_hash:
        raise BadProof("the witness shows the key of another address")
    digest = segwit_digest(tx, spent_id, b"\x76\xa9\x14" + key_hash + b"\x88\xac")
    if not _signed(signature, digest, key):
        raise BadProof("the signature does not hold for this address and message")
    return key


def _by_script(tx: ToSign, spent_id: bytes, script_hash: bytes) -> bytes:
    script = tx.witness[-1] if tx.witness else b""
    if sha256(script).digest() != script_hash:
        raise BadProof("the witness shows the script of another address")
    threshold, keys = multisig.parse(script)
    if len(tx.witness) != threshold + 2 or tx.witness[0]:
        raise BadProof("the witness of an m-of-n script is an empty item, m signatures and the script")
    digest = segwit_digest(tx, spent_id, script)
    left = iter(keys)
    for signature in tx.witness[1:-1]:  # in the order of the keys, as the script asks for
        if not any(_signed(signature, digest, key) for key in left):
            raise BadProof("a signature was made by no key of the script, or stands out of order")
    return script


def _signed(signature: bytes, digest: bytes, key: bytes) -> bool:
    """Strict DER and SIGHASH_ALL; libsecp256k1 itself refuses a high s."""
    der = signature[:-1]
    if signature[-1:] != bytes([SIGHASH_ALL]):
        return False
    try:
        return cdata_to_der(der_to_cdata(der)) == der and PublicKey(key).verify(der, digest, hasher=None)
    except ValueError:
        return False
