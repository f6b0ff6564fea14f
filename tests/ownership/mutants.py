"""Every way to damage an honest row that a list could show. A mutant is never another honest row."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator

from chains.ownership.types import OwnershipClaim
from tests.ownership import damage
from tests.ownership.cases import BITCOIN, KEY_COINS, Case
from tests.ownership.signing import compact_signature, evm20, hex_signature, point, short

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_ "
_LOWER_ONLY = ("0x", "hx", "f1", "f410f")
_COMPACT = 65
_SAID_TWICE = {31: 35, 32: 36, 33: 37, 34: 38}
"""First bytes of one key: 31 to 34 speak for every compressed form, BIP-137's for one form each."""


def mutants(case: Case, other: Case) -> Iterator[OwnershipClaim]:
    """``other`` is the same kind of row of other keys."""
    claim = case.claim
    yield from damage.messages(claim, "xX \t.0é\0\u200b\u0406\u202eꟾ𝕀")
    yield from _addresses(claim, other.claim)
    for column in ("signature1", "signature2"):
        if getattr(claim, column):
            yield from _signatures(claim, column)
            yield claim._replace(**{column: getattr(other.claim, column)})
            yield claim._replace(**{column: hex_signature("stranger", "okx-keccak")})
            yield claim._replace(**{column: hex_signature("stranger", "eip191-keccak")})
            for _, header, _ in KEY_COINS:
                yield claim._replace(**{column: compact_signature("stranger", header)})
    for mutant in _columns(claim, other.claim):
        if not ("-multisig" in case.scheme and _signed(mutant) == _signed(claim)):
            yield mutant


def _addresses(claim: OwnershipClaim, other: OwnershipClaim) -> Iterator[OwnershipClaim]:
    text = claim.address
    if not claim.owner1 and not text.startswith("0x0123"):  # then the address is proven by nothing in the row
        for changed in damage.other_letters(text, _LETTERS, stride=7):
            yield claim._replace(address=changed)
        yield claim._replace(address=other.address)
    yield claim._replace(address="")
    yield claim._replace(address=text[:-1])
    yield claim._replace(address=text + text[-1])
    if text != text.lower() or text.startswith(_LOWER_ONLY):
        yield claim._replace(address=text.swapcase())


def _signatures(claim: OwnershipClaim, column: str) -> Iterator[OwnershipClaim]:
    text = getattr(claim, column)
    raw = bytes.fromhex(text[2:]) if text.startswith("0x") else b64decode(text)
    flips = (each for each in damage.flipped(raw) if not _same(raw, each, hexadecimal=text.startswith("0x")))
    for mutant in (*damage.reshaped(raw), *flips):
        shown = "0x" + mutant.hex() if text.startswith("0x") else b64encode(mutant).decode()
        yield claim._replace(**{column: shown})
    for spoiled in (text[:-1], text + "0", text.swapcase(), f"{text[:9]} {text[9:]}", text[2:], "0x", "0", "=" + text):
        if spoiled.removeprefix("0x").lower() != text.removeprefix("0x").lower() or not text.startswith("0x"):
            yield claim._replace(**{column: spoiled})


def _same(raw: bytes, mutant: bytes, *, hexadecimal: bool) -> bool:
    """Whether only the first byte changed, to the other one that speaks for the same key and kind of address."""
    if hexadecimal or len(raw) != _COMPACT or raw[1:] != mutant[1:]:
        return False
    return {raw[0], mutant[0]} in [{plain, plain + more} for plain in _SAID_TWICE for more in (4, 8)]


def _signed(claim: OwnershipClaim) -> tuple[set[str], OwnershipClaim]:
    """A script asks for signatures as a set: neither their order nor a repetition says anything."""
    return {claim.signature1, claim.signature2} - {""}, claim._replace(signature1="", signature2="")


def _columns(claim: OwnershipClaim, other: OwnershipClaim) -> Iterator[OwnershipClaim]:
    stranger = "0x" + evm20("stranger").hex()
    for cells in (
        {"signature1": claim.signature2, "signature2": claim.signature1},
        {"signature1": other.signature1, "signature2": other.signature2},
        {"script_or_key": point("stranger").hex()},
        {"script_or_key": short("stranger").hex()},
        {"script_or_key": "no key"},
        {"owner1": stranger},
        {"owner2": stranger},
        {"owner1": claim.owner2, "owner2": claim.owner1},
        {"owner2": claim.owner1, "signature2": claim.signature1},
        {"signature2": claim.signature1},
        {"signature2": compact_signature("stranger", BITCOIN)},
        {"signature2": "0x" + "00" * _COMPACT},
    ):
        if claim._replace(**cells) != claim:
            yield claim._replace(**cells)
    if claim.script_or_key:
        for flipped in damage.flipped(bytes.fromhex(claim.script_or_key)):
            yield claim._replace(script_or_key=flipped.hex())
        yield claim._replace(script_or_key=other.script_or_key)
    for column in ("owner1", "owner2"):
        text = getattr(claim, column)
        for at in range(len(text)):
            yield claim._replace(**{column: text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]})
