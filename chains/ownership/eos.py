"""Antelope (EOS, Vaulta, WAX): a recoverable signature over SHA-256 of the ``OKX Signed Message`` bytes -> the key.

Accounts are names: which keys may act for one, only the chain knows. High-s signatures: see secp256k1.py.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec

from chains.codec import antelope
from chains.controllers import by_key
from chains.errors import BadAddress
from chains.ownership import secp256k1
from chains.ownership.messages import OKX_HEADER, with_header
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict

_COMPRESSED_HEADER = 31  # 27, and 4 for a compressed key
_RECOVERY_IDS = (0, 1)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``missing``: what is to be read on chain."""

    missing: Annotated[str, msgspec.Meta(min_length=1)]


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    antelope.check_name(claim.address)
    if claim.owner1 or claim.owner2 or claim.signature2:
        raise Undecidable("owners or a second signature, but no rule says what they prove on this network")
    if not claim.script_or_key:
        raise Undecidable("the public key is not published")
    try:
        key = antelope.decode_key(claim.script_or_key)
        signature = antelope.decode_signature(claim.signature1)
    except BadAddress as error:
        raise BadProof(str(error)) from None
    recovery_id = signature[0] - _COMPRESSED_HEADER
    if recovery_id not in _RECOVERY_IDS:
        raise BadProof(f"the header of the signature is {signature[0]}, not 31 or 32")
    digest = hashlib.sha256(with_header(OKX_HEADER, claim.message)).digest()
    signer = secp256k1.recover(digest, (signature[1:], recovery_id))
    if secp256k1.compressed(signer) != key:
        raise BadProof("the published key did not sign this message")
    detail = f"the published key signed; missing: {options.missing}"
    return OwnershipResult(Verdict.OWNER_SIGNED, "eos/okx-sha256", detail, options.missing, (by_key(key),))


SCHEME = Scheme(Options, prove)
