"""Amounts: exact integers of base units, from published text and back."""

from __future__ import annotations

import re

UINT256_END = 2**256
_DECIMAL = re.compile(r"(?P<whole>\d*)(?:\.(?P<frac>\d*))?(?:[eE](?P<exp>[+-]?\d{1,3}))?", re.ASCII)
_TEXT_MAX = 400
_SAFE_DIGITS = 77  # 10**77 < 2**256


class BadAmount(ValueError):
    """Published text that is no amount; the message is fit for a finding."""


def parse_amount(text: str, *, decimals: int) -> int:
    """Base units of a decimal text: ``"1e-7"`` at 8 decimals is 10.

    Surrounding white space is allowed. Refused, with the reason: empty text, signs, thousands separators, digits
    beyond the decimals unless they are zeros, and anything from 2**256 up.
    """
    whole, _, frac = text.partition(".")
    plain = whole + frac
    if plain.isdigit() and plain.isascii() and len(frac) <= decimals and len(whole) + decimals <= _SAFE_DIGITS:
        return int(plain) * int(10 ** (decimals - len(frac)))  # nearly every amount, without looking twice
    stripped = text.strip()
    if not stripped:
        raise BadAmount("empty amount")
    if len(stripped) > _TEXT_MAX:
        raise BadAmount("amount text is too long")
    if stripped[0] in "+-":
        raise BadAmount("negative amount" if stripped[0] == "-" else "signed amount")
    if "," in stripped or "_" in stripped or "'" in stripped:
        raise BadAmount("thousands separators are ambiguous")
    match = _DECIMAL.fullmatch(stripped)
    if match is None or not (match["whole"] or match["frac"]):
        raise BadAmount("not a decimal number")
    frac = match["frac"] or ""
    digits = (match["whole"] or "") + frac
    shift = decimals - len(frac) + int(match["exp"] or 0)
    if shift >= 0:
        value = int(digits) * int(10**shift)
    else:
        kept, excess = digits[:shift], digits[shift:]
        if excess.strip("0"):
            raise BadAmount(f"more than {decimals} decimals")
        value = int(kept or "0")
    if value >= UINT256_END:
        raise BadAmount("beyond 2**256")
    return value


def format_amount(value: int, *, decimals: int) -> str:
    """The exact decimal text of base units, without trailing zeros: 10 at 8 decimals is ``"0.0000001"``."""
    sign, magnitude = ("-", -value) if value < 0 else ("", value)
    whole, frac = divmod(magnitude, 10**decimals)
    tail = f"{frac:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def rescale(value: int, *, decimals: int, scale: int) -> int:
    """Base units at a finer scale. Scaling down would lose digits: it is a bug."""
    assert scale >= decimals, "scale up, never down"
    return value * int(10 ** (scale - decimals))
