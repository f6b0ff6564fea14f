"""Every way to damage an honest row of these schemes that a list could show. A mutant is never another honest row."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from chains.ownership.types import OwnershipClaim
from tests.ownership import damage
from tests.ownership.cases import Case
from tests.ownership.signing25519 import bls_signature, ed_signature, eos_signature, public, stark_signature

LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:._-+/ "
ONE_CASE_EITHER = ("0:", "erd1", "iota1")
"""Addresses that mean the same in upper case."""


def mutants(case: Case, other: Case, *, address_proven: bool) -> Iterator[OwnershipClaim]:
    """``other`` is the same kind of row of another key."""
    claim = case.claim
    yield from damage.messages(claim, "xX é\0\n")
    if address_proven:
        yield from _addresses(claim, other.claim)
    yield from _texts(claim, "signature1")
    yield from _texts(claim, "script_or_key")
    yield from _texts(claim, "owner1")
    for signature in (other.claim.signature1, ed_signature("stranger"), bls_signature("stranger"), eos_signature("x")):
        yield claim._replace(signature1=signature)
        if address_proven:  # else this is an honest row of the other key
            key = other.claim.script_or_key or public("stranger").hex()
            yield claim._replace(signature1=signature, script_or_key=key)
        yield claim._replace(signature2=signature)
    yield claim._replace(signature1=stark_signature("stranger", 5))
    yield claim._replace(signature2=claim.signature1)
    yield claim._replace(owner2=claim.owner1 or claim.address)
    yield claim._replace(script_or_key="no key")
    if not claim.owner1:
        yield claim._replace(owner1=other.claim.address + "x")


def _addresses(claim: OwnershipClaim, other: OwnershipClaim) -> Iterator[OwnershipClaim]:
    text = claim.address
    for changed in damage.other_letters(text, LETTERS, stride=5):
        yield claim._replace(address=changed)
    for at in range(1, len(text)):
        if text[at] != text[at - 1]:
            yield claim._replace(address=text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :])
    for changed in ("", text[:-1], text[1:], text + text[-1], f" {text}", text + "\n", other.address):
        yield claim._replace(address=changed)
    if text.swapcase() != text and not text.startswith(ONE_CASE_EITHER):
        yield claim._replace(address=text.swapcase())


def _texts(claim: OwnershipClaim, column: str) -> Iterator[OwnershipClaim]:
    """Every bit of hexadecimal cells; some letters of the others."""
    text = getattr(claim, column)
    digits = text.removeprefix("0x")
    if not text:
        return
    try:
        raw = bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
    except ValueError:
        for changed in damage.other_letters(text, LETTERS, stride=7):
            yield claim._replace(**{column: changed})
    else:
        for flipped in damage.flipped(raw):
            yield claim._replace(**{column: "0x" + flipped.hex()})
        for wrong in (*damage.reshaped(raw), bytes(len(raw))):
            yield claim._replace(**{column: "0x" + wrong.hex()})
            yield claim._replace(**{column: b64encode(wrong).decode()})
    spelled = "0X" + digits if text.startswith("0x") else digits[:1].swapcase() + digits[1:] + "-"
    for spoiled in (text[:-1], f"{text[:9]} {text[9:]}", "0x", "0", "=" + text, text + "\n", spelled):
        yield claim._replace(**{column: spoiled})
