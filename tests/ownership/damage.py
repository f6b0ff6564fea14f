"""Ways to damage a text, its bytes or a message, whatever scheme they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chains.ownership.types import OwnershipClaim


def messages(claim: OwnershipClaim, letters: Iterable[str]) -> Iterator[OwnershipClaim]:
    """Each letter put in at each place, each character left out or changed by a bit, nothing, and too much."""
    text, letters = claim.message, tuple(letters)
    for at in range(len(text) + 1):
        for letter in letters:
            yield claim._replace(message=text[:at] + letter + text[at:])
        if at < len(text):
            yield claim._replace(message=text[:at] + text[at + 1 :])
            yield claim._replace(message=text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :])
    yield claim._replace(message="")
    yield claim._replace(message=text * 20)


def other_letters(text: str, alphabet: str, *, stride: int) -> Iterator[str]:
    """The text with one letter replaced, at each place by each ``stride``-th letter of the alphabet."""
    for at in range(len(text)):
        for letter in alphabet[at % stride :: stride]:
            if letter != text[at]:
                yield text[:at] + letter + text[at + 1 :]


def flipped(raw: bytes) -> Iterator[bytes]:
    """Every bit of it, one at a time."""
    for at in range(len(raw)):
        for bit in range(8):
            yield raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]


def reshaped(raw: bytes) -> Iterator[bytes]:
    """Too short, too long, backwards, turned."""
    yield from (raw[:-1], raw[1:], raw + b"\0", b"\0" + raw, raw[::-1], raw[1:] + raw[:1])
    yield raw[len(raw) // 2 :] + raw[: len(raw) // 2]
