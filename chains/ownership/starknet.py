"""Starknet: ECDSA on the STARK curve over Pedersen-hashed typed data, which names the account: a row signs for itself.

A key is an x coordinate, so the signature (r, n - s) holds whenever (r, s) does, and every account contract accepts
both: it proves the same key and is accepted here. A message that is no short string (over 31 characters, not printable
ASCII, or one that typed data reads as a number) is refused: the published checker turned some of those into 0, and
characters of value 0 before a text would not change what is signed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

import msgspec

from chains.codec import starknet as felt
from chains.controllers import by_key
from chains.ownership import proven
from chains.ownership.stark_curve import cpp_verify
from chains.ownership.starknet_accounts import cairo1, pedersen, proxy
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict

DOMAIN = "OKX POR MESSAGE"
DOMAIN_VERSION = 1
CHAIN = "SN_MAIN"
CURVE_ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
_LIMIT = 2**251  # of r, of 1/s and of the hash, in the curve's own verification
_KEY = re.compile(r"(?:0x)?([0-9a-f]{1,64})")
_SIGNATURE = re.compile(r"(?:0x)?([0-9a-f]{64})([0-9a-f]{64})")
_TEXT = re.compile(rf"[ -~]{{1,{felt.SHORT_STRING_MAX}}}")
_NUMBER = re.compile(r"0x.*|[+-]?[0-9]+")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``missing``: what is to be read on chain: an address may follow from no key, and keys can be changed."""

    missing: Annotated[str, msgspec.Meta(min_length=1)]


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    address = felt.decode(claim.address)
    if claim.owner1 or claim.owner2 or claim.signature2:
        raise Undecidable("owners or a second signature, but no rule says what they prove on this network")
    if not claim.script_or_key:
        raise Undecidable("the public key is not published")
    key = _read_key(claim.script_or_key)
    r, s = _read_signature(claim.signature1)
    inverse = pow(s, -1, CURVE_ORDER)
    digest = message_hash(address, claim.message)
    if inverse >= _LIMIT or digest >= _LIMIT or not cpp_verify(digest, r, inverse, key):
        raise BadProof("the key did not sign this message for this address")
    signers = (by_key(key.to_bytes(32, "big")),)
    for name, derive in (("proxy", proxy), ("cairo1", cairo1)):
        if derive(key) == address:
            return proven.owned(f"starknet/{name}", options.missing, signers)
    detail = f"the published key signed for this address; missing: {options.missing}"
    return OwnershipResult(Verdict.OWNER_SIGNED, "starknet/key", detail, options.missing, signers)


def message_hash(address: int, message: str) -> int:
    """What is signed. Raises BadProof."""
    return pedersen((felt.short_string("StarkNet Message"), _domain(), address, _contents(message)))


@lru_cache(maxsize=256)
def _contents(message: str) -> int:
    """Raises BadProof."""
    if not _TEXT.fullmatch(message) or _NUMBER.fullmatch(message):
        raise BadProof(f"the message is no text of 1 to {felt.SHORT_STRING_MAX} ASCII characters, as this scheme asks")
    return pedersen((felt.selector("Message(contents:felt)"), felt.short_string(message)))


@lru_cache(maxsize=1)
def _domain() -> int:
    kind = felt.selector("StarkNetDomain(name:felt,version:felt,chainId:felt)")
    return pedersen((kind, felt.short_string(DOMAIN), DOMAIN_VERSION, felt.short_string(CHAIN)))


def _read_key(text: str) -> int:
    match = _KEY.fullmatch(text)
    key = int(match[1], 16) if match else 0
    if not 0 < key < felt.PRIME:
        raise BadProof("a Starknet key is the x coordinate of a point, in hexadecimal")
    return key


def _read_signature(text: str) -> tuple[int, int]:
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise BadProof("a Starknet signature is two numbers of 64 lower-case hexadecimal digits")
    r, s = int(match[1], 16), int(match[2], 16)
    if not 0 < r < _LIMIT or not 0 < s < CURVE_ORDER:
        raise BadProof("R or S is out of range")
    return r, s


SCHEME = Scheme(Options, prove)
