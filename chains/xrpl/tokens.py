"""Issued tokens: how they are named, and their amounts, which are decimal floats of 16 digits at most. Pure.

Source: https://xrpl.org/docs/references/protocol/data-types (currency formats, string formatting of amounts).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chains.codec import ripple
from chains.errors import BadAddress, Malformed
from chains.types import Address, Instrument

PREFIX = "iou:"
DECIMALS = 18
"""The ledger states none. From 0.001 on, 16 digits fit into them."""
_CURRENCY = re.compile(r"(?!XRP)[A-Za-z0-9]{3}|(?!00)[0-9A-F]{40}")  # a code, or 20 bytes that spell none
_AMOUNT = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,3}))?")


class Token(NamedTuple):
    currency: str
    issuer: Address

    @property
    def instrument(self) -> Instrument:
        return Instrument(f"{PREFIX}{self.currency}.{self.issuer}")


def parse(text: str) -> Token:
    """``iou:<currency>.<issuer>``. Raises BadAddress."""
    currency, _, issuer = text.removeprefix(PREFIX).partition(".")
    if not text.startswith(PREFIX) or not _CURRENCY.fullmatch(currency):
        raise BadAddress(f"a token is {PREFIX}<3 letters, or 40 upper-case hex digits>.<issuer>")
    return Token(currency, Address(ripple.encode(ripple.decode(issuer))))


def base_units(text: str) -> tuple[int, bool]:
    """The amount times 10**DECIMALS, rounded toward zero, and whether that is exact. Raises Malformed."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise Malformed(f"no amount of a token: {text[:40]!r}")
    sign, whole, part, exponent = found.groups(default="")
    digits, power = int(whole + part), int(exponent or 0) - len(part) + DECIMALS
    amount, rest = (digits * 10**power, 0) if power >= 0 else divmod(digits, 10**-power)
    return (-amount if sign else amount), not rest
