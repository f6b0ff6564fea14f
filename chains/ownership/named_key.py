"""Recoverable ECDSA where no address follows from a key: the published key signed. The chain ties it to the account.

Without a published key a signature would prove nothing: every one recovers to some key.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from chains.controllers import by_key
from chains.errors import BadAddress
from chains.ownership import secp256k1
from chains.ownership.ecdsa import Form
from chains.ownership.messages import digest
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``address``: pattern of the network's addresses. ``missing``: what is to be read on chain."""

    form: Form
    address: Annotated[str, msgspec.Meta(min_length=1)]
    missing: Annotated[str, msgspec.Meta(min_length=1)]


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    if not re.fullmatch(options.address, claim.address, re.ASCII):
        raise BadAddress("not the form of this network's addresses")
    if claim.signature2 or claim.owner1 or claim.owner2:
        raise BadProof("a second signature or an owner, where one key signs")
    if not claim.script_or_key:
        raise Undecidable("no key is published, and none follows from the address")
    key = secp256k1.recover(digest(options.form, claim.message), secp256k1.from_hex(claim.signature1))
    secp256k1.check_published_key(claim.script_or_key, (key,))
    detail = f"the published key signed; missing: {options.missing}"
    signer = by_key(secp256k1.compressed(key))
    return OwnershipResult(Verdict.OWNER_SIGNED, f"key/{options.form}", detail, options.missing, (signer,))


SCHEME = Scheme(Options, prove)
