"""BIP-322 generic signed messages, simple and full: a message signed as its address would be spent.

Read are key hashes and m-of-n scripts, before segwit and in it, and taproot. Other scripts are named, not judged. None
of these asks for a time, so that the locks a signer may add (BIP-322's "valid at time T and age S") take nothing away.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import NamedTuple

from chains.codec.hashes import hash160
from chains.ownership import bip322_digests, bip322_ecdsa, bip322_taproot, multisig
from chains.ownership.bip322_tx import ToSign, read_full, read_simple, to_spend_id
from chains.ownership.script import pushed, pushing
from chains.ownership.types import BadProof, Undecidable
from chains.ownership.utxo_address import Target

_FORMS = {"smp": "simple", "ful": "full", "pof": "full"}
_MARK = 3
_HEADS = {"p2wpkh": b"\x00\x14", "p2wsh": b"\x00\x20", "p2tr": b"\x51\x20"}
_KEY_PROGRAM_BYTES, _SCRIPT_PROGRAM_BYTES = 22, 34
_VERSIONS = (0, 2)


class Proven(NamedTuple):
    """``form``: simple or full. ``revealed``: the key or script shown for the address. ``locks``: in words, or ""."""

    form: str
    revealed: bytes
    locks: str


def mark(text: str) -> str:
    """``smp``, ``ful`` or ``pof`` before the Base64, which alone has a length in fours; else ""."""
    return text[:_MARK] if len(text) % 4 == _MARK and text.startswith(tuple(_FORMS)) else ""


def verify(raw: bytes, message: str, target: Target, marked: str = "") -> Proven:
    """Raises BadProof and Undecidable."""
    script = _script_of(target)
    form, tx = _read(raw, to_spend_id(message, script), _FORMS.get(marked, ""))
    revealed = _satisfied(tx, target, script, simple=form == "simple")
    if tx.version not in _VERSIONS:  # asked last: before the signatures hold, nothing is inconclusive
        raise Undecidable(f"version {tx.version} of the transaction has no rules yet")
    locks = f"at time {tx.locktime} and age {tx.sequence}" if tx.locktime or tx.sequence else ""
    return Proven(form, revealed, locks)


def _script_of(target: Target) -> bytes:
    if target.form == "p2pkh":
        return b"\x76\xa9\x14" + target.digest + b"\x88\xac"
    if target.form == "p2sh":
        return b"\xa9\x14" + target.digest + b"\x87"
    return _HEADS[target.form] + target.digest


def _read(raw: bytes, spent_id: bytes, form: str) -> tuple[str, ToSign]:
    """Without a mark, whatever form the bytes have: none has two."""
    if form != "full":
        try:
            return "simple", read_simple(raw, spent_id)
        except BadProof:
            if form:
                raise
    return "full", read_full(raw, spent_id)


def _satisfied(tx: ToSign, target: Target, script: bytes, *, simple: bool) -> bytes:
    """What is revealed, once it satisfies the script."""
    if target.form == "p2sh":
        return _by_script_hash(_with_script(tx) if simple else tx, target.digest)
    if target.form == "p2pkh":
        _refuse_witness(tx)
        digest = partial(bip322_digests.legacy, tx)
        return bip322_ecdsa.by_key(pushed(tx.script_sig), target.digest, digest, long_keys=True)
    if tx.script_sig:
        raise BadProof("a script where a witness address has none")
    return _by_program(tx, script)


def _by_script_hash(tx: ToSign, script_hash: bytes) -> bytes:
    items = pushed(tx.script_sig)
    if not items or hash160(items[-1]) != script_hash:
        raise BadProof("the input's script does not hash to this address")
    if _is_program(items[-1]):
        if len(items) > 1:
            raise BadProof("more than the witness program in the input's script")
        return _by_program(tx, items[-1])
    _refuse_witness(tx)
    return bip322_ecdsa.by_script(items, partial(bip322_digests.legacy, tx))


def _with_script(tx: ToSign) -> ToSign:
    """A simple signature leaves out the input's script of a nested address: its witness says which one it must be."""
    last = tx.witness[-1]
    is_key = len(tx.witness) == 2 and len(last) == multisig.COMPRESSED
    program = _HEADS["p2wpkh"] + hash160(last) if is_key else _HEADS["p2wsh"] + sha256(last).digest()
    return tx._replace(script_sig=pushing([program]))


def _is_program(script: bytes) -> bool:
    sizes = {_HEADS["p2wpkh"]: _KEY_PROGRAM_BYTES, _HEADS["p2wsh"]: _SCRIPT_PROGRAM_BYTES}
    return sizes.get(script[:2]) == len(script)


def _by_program(tx: ToSign, program: bytes) -> bytes:
    if program.startswith(_HEADS["p2tr"]):
        return bip322_taproot.satisfied(tx, program)
    digest = partial(bip322_digests.segwit, tx)
    if program.startswith(_HEADS["p2wpkh"]):
        return bip322_ecdsa.by_key(tx.witness, program[2:], digest)
    if not tx.witness or sha256(tx.witness[-1]).digest() != program[2:]:
        raise BadProof("the witness shows the script of another address")
    return bip322_ecdsa.by_script(tx.witness, digest)


def _refuse_witness(tx: ToSign) -> None:
    if tx.witness:
        raise BadProof("a witness where a legacy address has none")
