"""Bitcoin-like signed messages, with each coin's own header: one key, or m different keys of a published script.

What a signature's first byte speaks for (see compact_signer.py), it is held to.
"""

from __future__ import annotations

from chains.codec.hashes import hash160
from chains.ownership import bip322, multisig, utxo_address
from chains.ownership.compact_signer import COMPACT_BYTES, Signer, raw_signature, signer_of
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict
from chains.ownership.utxo_address import Target, Versions

COLUMNS = 2  # a row can carry no more signatures


class Options(Versions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``header``: e.g. ``Bitcoin Signed Message:\\n``. ``bip322``: whether generic signed messages are accepted too."""

    header: str
    bip322: bool = False


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    target = utxo_address.parse(claim.address, options)
    if claim.owner1 or claim.owner2:
        raise Undecidable("owners are named, but no rule says what they own on this network")
    marked = bip322.mark(claim.signature1)
    raw = raw_signature(claim.signature1[len(marked) :])
    if raw is not None and (marked or len(raw) != COMPACT_BYTES):
        return _generic(claim, raw, target, options, marked)
    script = _published(claim.script_or_key)
    is_nested_key = target.form == "p2sh" and (not script or multisig.nested_key_hash(script))
    if target.form in ("p2wsh", "p2sh32", "p2sh") and not is_nested_key:
        return _of_script(claim, script, target, options)
    return _of_key(claim, script, target, options)


def _of_key(claim: OwnershipClaim, script: bytes, target: Target, options: Options) -> OwnershipResult:
    if target.form == "p2tr":
        raise Undecidable("a taproot address is proven by BIP-322 only")
    if claim.signature2:
        raise BadProof("a second signature, where one key decides")
    signer = signer_of(claim.signature1, claim.message, options.header)
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
        signer = signer_of(text, claim.message, options.header)
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


def _generic(claim: OwnershipClaim, raw: bytes, target: Target, options: Options, marked: str) -> OwnershipResult:
    if not options.bip322:
        raise BadProof(f"a compact signature has {COMPACT_BYTES} bytes")
    if claim.signature2:
        raise BadProof("a second signature beside a BIP-322 one")
    proven = bip322.verify(raw, claim.message, target, marked)
    script = _published(claim.script_or_key)
    if script not in (b"", proven.revealed):
        raise BadProof("the published script or key is not the one that signed")
    scheme = f"{target.form}/bip322-{proven.form}"
    valid = f"; valid {proven.locks}, which the address does not ask for" if proven.locks else ""
    return OwnershipResult(Verdict.OWNED, scheme, f"the signature satisfies this address as a spend would{valid}")


def _published(text: str) -> bytes:
    """A script or a key."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise BadProof("the redeem script or key is not hexadecimal") from None


SCHEME = Scheme(Options, prove)
