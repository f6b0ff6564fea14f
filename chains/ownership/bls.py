"""BLS signatures of beacon-chain validators: the address is the 48-byte key. Keys in G1, signatures in G2.

Compressed points are canonical, on the curve, in the right subgroup, and not the point at infinity, whose signature
would hold for every message. BLS signatures are unique: nothing here can be malleated.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from pyblst import BlstP1Element, BlstP2Element, final_verify, miller_loop  # type: ignore[import-untyped]

from chains.controllers import by_key
from chains.errors import BadAddress
from chains.ownership.messages import digest
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict

DST = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
_KEY = re.compile(r"0x[0-9a-f]{96}")
_SIGNATURE = re.compile(r"(?:0x)?([0-9a-f]{192}|[0-9A-F]{192})")
_INFINITY_BYTE = 0xC0
_GENERATOR = BlstP1Element.uncompress(
    bytes.fromhex("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb")
)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``missing``: what is to be read on the beacon chain, since a validator's key cannot withdraw."""

    missing: Annotated[str, msgspec.Meta(min_length=1)]


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    if not _KEY.fullmatch(claim.address):
        raise BadAddress("a validator key is 0x and 96 lower-case hexadecimal digits")
    if claim.owner1 or claim.owner2 or claim.signature2:
        raise Undecidable("owners are named, where the validator's own key is to sign")
    if claim.script_or_key and claim.script_or_key != claim.address:
        raise BadProof("the published key is not the validator's")
    match = _SIGNATURE.fullmatch(claim.signature1)
    if match is None:
        raise BadProof("a BLS signature is 96 bytes in hexadecimal")
    key = _point(BlstP1Element, bytes.fromhex(claim.address[2:]), "validator key")
    signature = _point(BlstP2Element, bytes.fromhex(match[1]), "signature")
    hashed = BlstP2Element.hash_to_group(digest("eip191-keccak", claim.message), DST)
    if not final_verify(miller_loop(key, hashed), miller_loop(_GENERATOR, signature)):
        raise BadProof("the validator's key did not sign this message")
    detail = f"the validator's key signed; missing: {options.missing}"
    signer = by_key(bytes.fromhex(claim.address[2:]))
    return OwnershipResult(Verdict.OWNER_SIGNED, "bls/eip191-keccak", detail, options.missing, (signer,))


def _point(group: Any, raw: bytes, what: str) -> Any:
    """Raises BadProof for what is no point of the group, and for infinity."""
    if raw[0] & _INFINITY_BYTE == _INFINITY_BYTE:
        raise BadProof(f"the {what} is the point at infinity")
    try:
        return group.uncompress(raw)
    except ValueError:
        raise BadProof(f"the {what} is no point of its group") from None


SCHEME = Scheme(Options, prove)
