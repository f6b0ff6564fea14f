"""One recoverable ECDSA signature over a named form of the message -> the key -> the account's address.

Contract rows name owners: the signatures then prove the owners, each its own, and the contract is still to be asked.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Literal

import msgspec

from chains.controllers import Signer
from chains.ownership import proven, secp256k1
from chains.ownership.accounts import ACCOUNTS
from chains.ownership.messages import digest
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict

Form = Literal["okx-keccak", "eip191-keccak", "eip191-text", "tron-v2", "tron-v1"]
Kind = Literal[
    "aelf",
    "conflux",
    "cosmos",
    "ethermint",
    "evm",
    "filecoin",
    "filecoin-evm",
    "icon",
    "nuls",
    "ripple",
    "stacks",
    "tron",
]
_VALIDATOR = re.compile(r"0x[0-9a-fA-F]{96}")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``forms``: of the message, in the order they are tried. ``account``: kind of address, see accounts.py.

    ``hrp``: its bech32 prefix, where it has one. ``contracts`` and ``validators``: what remains to be read on chain
    where owners signed for such an address; without it, rows of that sort cannot be judged. ``rotates``: the same for
    an address that can be given other keys than the one it was made from.
    """

    forms: Annotated[tuple[Form, ...], msgspec.Meta(min_length=1)]
    account: Kind
    hrp: str = ""
    contracts: str = ""
    validators: str = ""
    rotates: str = ""


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    if claim.owner1 or claim.owner2:
        return _owners(claim, options)
    if options.validators and _VALIDATOR.fullmatch(claim.address):
        raise Undecidable("a validator without a named owner")
    target = ACCOUNTS[options.account].parse(claim.address, options.hrp)
    if claim.signature2:
        raise BadProof("a second signature, where one key decides and no owner is named")
    form, key = _signer(claim.message, claim.signature1, target, options)
    if claim.script_or_key:
        secp256k1.check_published_key(claim.script_or_key, (key,))
    if options.rotates:
        return proven.owned(f"{options.account}/{form}", options.rotates, (proven.account(claim.address, target),))
    return _owned(options.account, form)


@cache
def _owned(account: str, form: str) -> OwnershipResult:
    return proven.owned(f"{account}/{form}")


def _owners(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    missing = _missing(claim, options)
    pairs = [(claim.owner1, claim.signature1), (claim.owner2, claim.signature2)]
    signers: dict[bytes, bytes] = {}
    forms: list[str] = []
    named: list[Signer] = []
    for number, (owner, signature) in enumerate(pairs, 1):
        if not owner and not signature:
            continue
        if not owner or not signature:
            raise BadProof(f"owner {number} is {'not named' if signature else 'named, but did not sign'}")
        target = ACCOUNTS[options.account].parse(owner, options.hrp)
        if target in signers:
            raise BadProof("one owner is named twice")
        try:
            form, signers[target] = _signer(claim.message, signature, target, options)
        except BadProof as error:
            raise BadProof(f"owner {number}: {error}") from None
        forms.append(form)
        named.append(proven.account(owner, target))
    if claim.script_or_key:
        secp256k1.check_published_key(claim.script_or_key, tuple(signers.values()))
    scheme = f"{options.account}/{'+'.join(dict.fromkeys(forms))}"
    count = "the named owner" if len(signers) == 1 else "both named owners"
    detail = f"{count} signed; missing: {missing}"
    return OwnershipResult(Verdict.OWNER_SIGNED, scheme, detail, missing, tuple(named))


def _missing(claim: OwnershipClaim, options: Options) -> str:
    """What is still to be read for the address the owners signed for. Raises BadAddress and Undecidable."""
    if options.validators and _VALIDATOR.fullmatch(claim.address):
        return options.validators
    ACCOUNTS[options.account].parse(claim.address, options.hrp)
    if not options.contracts:
        raise Undecidable("owners are named, but no rule says what they own on this network")
    return options.contracts


def _signer(message: str, signature: str, target: bytes, options: Options) -> tuple[str, bytes]:
    """(form of the message, 65-byte key) under which the signature leads to the target. Raises BadProof."""
    parsed = secp256k1.from_hex(signature)
    derive = ACCOUNTS[options.account].derive
    for form in options.forms:
        key = secp256k1.recover(digest(form, message), parsed)
        if derive(key) == target:
            return form, key
    raise BadProof("the signature leads to another address")


SCHEME = Scheme(Options, prove)
