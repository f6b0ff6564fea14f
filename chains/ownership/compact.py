"""Bitcoin-like signed messages, with each coin's own header: one key, or m different keys of a published script.

The first byte of a signature says which form of the key, or of the address, it speaks for, and is held to it: 27 to 30
an uncompressed key, 31 to 34 a compressed one, and by BIP-137 35 to 38 P2SH-P2WPKH, 39 to 42 P2WPKH. Signatures in
hexadecimal are those of `ecdsa.py` (R S V over the OKX form); they say nothing of the key's form, so both are tried.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from functools import cache
from typing import NamedTuple

from chains.codec.hashes import hash160
from chains.ownership import bip322, multisig, secp256k1, utxo_address
from chains.ownership.messages import bitcoin, digest
from chains.ownership.secp256k1 import Signature, compressed
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict
from chains.ownership.utxo_address import Target, Versions

COMPACT_BYTES = 65
COMPACT_TEXT = 88
COLUMNS = 2  # a row can carry no more signatures
_UNCOMPRESSED, _COMPRESSED, _NESTED, _SEGWIT, _END = 27, 31, 35, 39, 43


class Options(Versions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``header``: e.g. ``Bitcoin Signed Message:\\n``. ``bip322``: whether generic signed messages are accepted too."""

    header: str
    bip322: bool = False


class Signer(NamedTuple):
    """A key in every form its signature may speak for, compressed last; ``forms`` are the addresses it may prove."""

    keys: tuple[bytes, ...]
    forms: tuple[str, ...]
    message: str


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    target = utxo_address.parse(claim.address, options)
    if claim.owner1 or claim.owner2:
        raise Undecidable("owners are named, but no rule says what they own on this network")
    raw = _raw(claim.signature1)
    if raw is not None and len(raw) != COMPACT_BYTES:
        return _generic(claim, raw, target, options)
    script = _script(claim.script_or_key)
    if target.form == "p2wsh" or (target.form == "p2sh" and script and not multisig.nested_key_hash(script)):
        return _of_script(claim, script, target, options)
    return _of_key(claim, script, target, options)


def _of_key(claim: OwnershipClaim, script: bytes, target: Target, options: Options) -> OwnershipResult:
    if target.form == "p2tr":
        raise Undecidable("a taproot address is proven by BIP-322 only")
    if claim.signature2:
        raise BadProof("a second signature, where one key decides")
    signer = _signer(claim.signature1, claim.message, options)
    form = "p2sh-p2wpkh" if target.form == "p2sh" else target.form
    if form not in signer.forms:
        raise BadProof("the first byte of the signature speaks for another kind of address")
    key = next((key for key in signer.keys if _leads_to(key, target)), None)
    if key is None:
        raise BadProof("the signature leads to another address")
    if target.form == "p2sh" and script:
        if hash160(script) != target.digest:
            raise BadProof("the published redeem script does not hash to this address")
    elif script and script != key:
        raise BadProof("the published key is not the one that signed")
    return OwnershipResult(Verdict.OWNED, f"{form}/{signer.message}", "the key that signed leads to this address")


def _leads_to(key: bytes, target: Target) -> bool:
    if target.form == "p2pkh":
        return hash160(key) == target.digest
    if len(key) != multisig.COMPRESSED:
        return False
    if target.form == "p2wpkh":
        return hash160(key) == target.digest
    return hash160(bytes([0, 20]) + hash160(key)) == target.digest


def _of_script(claim: OwnershipClaim, script: bytes, target: Target, options: Options) -> OwnershipResult:
    if not script:
        raise Undecidable("a script address without its redeem script")
    form = multisig.check_hash(script, target)
    threshold, keys = multisig.parse(script)
    signed: set[bytes] = set()
    messages: list[str] = []
    for number, text in enumerate((claim.signature1, claim.signature2), 1):
        if not text:
            continue
        signer = _signer(text, claim.message, options)
        found = _signed_key(signer, keys)
        if found is None or "script" not in signer.forms:
            raise BadProof(f"signature {number} was made by no key of the redeem script")
        signed.add(found)
        messages.append(signer.message)
    scheme = f"{form}-multisig/{'+'.join(dict.fromkeys(messages))}"
    share = f"{len(signed)} different keys of a {threshold}-of-{len(keys)} script signed"
    if len(signed) >= threshold:
        return OwnershipResult(Verdict.OWNED, scheme, share)
    if len(signed) == COLUMNS:
        missing = f"{share}; missing: {threshold - len(signed)} more signatures, for which the list has no column"
        return OwnershipResult(Verdict.OWNER_SIGNED, scheme, missing)
    raise BadProof(f"{share}: not enough")


def _signed_key(signer: Signer, keys: tuple[bytes, ...]) -> bytes | None:
    """The script's key that signed, in the script's own form."""
    return next((key for key in signer.keys if key in keys), None)


def _signer(text: str, message: str, options: Options) -> Signer:
    raw = _raw(text)
    if raw is None:
        key = secp256k1.recover(digest("okx-keccak", message), secp256k1.from_hex(text))
        return Signer((key, compressed(key)), ("p2pkh", "p2wpkh", "p2sh-p2wpkh", "script"), "okx-keccak")
    if len(raw) != COMPACT_BYTES:
        raise BadProof(f"a compact signature has {COMPACT_BYTES} bytes")
    head = raw[0]
    if not _UNCOMPRESSED <= head < _END:
        raise BadProof(f"the first byte of the signature is {head}, not 27 to 42")
    key = secp256k1.recover(bitcoin(options.header, message), Signature(raw[1:], (head - _UNCOMPRESSED) % 4))
    name = _message_name(options.header)
    if head < _COMPRESSED:
        return Signer((key,), ("p2pkh", "script"), name)
    forms: tuple[str, ...] = ("p2pkh", "p2wpkh", "p2sh-p2wpkh", "script")
    if head >= _NESTED:
        forms = ("p2sh-p2wpkh",) if head < _SEGWIT else ("p2wpkh",)
    return Signer((compressed(key),), forms, name)


@cache
def _message_name(header: str) -> str:
    """``Bitcoin Gold Signed Message`` is ``bitcoin-gold-message``. Headers come from config: they are few."""
    return header.partition(" Signed")[0].lower().replace(" ", "-") + "-message"


def _generic(claim: OwnershipClaim, raw: bytes, target: Target, options: Options) -> OwnershipResult:
    if not options.bip322:
        raise BadProof(f"a compact signature has {COMPACT_BYTES} bytes")
    if claim.signature2:
        raise BadProof("a second signature beside a BIP-322 one")
    proven = bip322.verify(raw, claim.message, target)
    script = _script(claim.script_or_key)
    if script not in (b"", proven.revealed):
        raise BadProof("the published script or key is not the one that signed")
    scheme = f"{target.form}/bip322-{proven.form}"
    return OwnershipResult(Verdict.OWNED, scheme, "the signature satisfies this address as a spend would")


def _raw(text: str) -> bytes | None:
    """The bytes of a Base64 signature in its one spelling; None for hexadecimal. Raises BadProof."""
    if text.startswith("0x"):
        return None
    text = text.removeprefix("smp").removeprefix("ful") if len(text) > COMPACT_TEXT else text  # BIP-322's own marks
    try:
        raw = a2b_base64(text)
    except ValueError:
        raise BadProof("a signature is Base64, or hexadecimal with 0x") from None
    if b2a_base64(raw, newline=False).decode() != text:  # a2b_base64 reads over what is no Base64
        raise BadProof("the Base64 of the signature is not in its one spelling")
    return raw


def _script(text: str) -> bytes:
    try:
        script = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise BadProof("the redeem script or key is not hexadecimal") from None
    if len(script) > multisig.SCRIPT_BYTES_MAX:
        raise BadProof(f"a redeem script of more than {multisig.SCRIPT_BYTES_MAX} bytes cannot be spent")
    return script


SCHEME = Scheme(Options, prove)
