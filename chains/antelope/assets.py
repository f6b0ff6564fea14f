"""Amounts as Antelope writes them: ``12.3456 EOS``. The decimals belong to the symbol, and are never left out.

A symbol alone is nobody's: what tells a token is the contract that keeps its balances.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chains.codec import antelope
from chains.errors import BadAddress, Malformed

AMOUNT_END = 2**62
TOKEN = "token:"  # noqa: S105  (an instrument, not a password)
_CODE = re.compile(r"[A-Z]{1,7}")
_ASSET = re.compile(r"(?P<whole>[0-9]{1,19})(?:\.(?P<part>[0-9]{1,18}))? (?P<code>[A-Z]{1,7})")


class Coin(NamedTuple):
    """A symbol, the contract that keeps its balances, and its decimals."""

    code: str
    contract: str
    decimals: int

    @property
    def symbol(self) -> str:
        return f"{self.decimals},{self.code}"


def token(text: str) -> tuple[str, str]:
    """Symbol and contract of ``token:<symbol>-<contract>``. Raises BadAddress."""
    code, _, contract = text.removeprefix(TOKEN).partition("-")
    if not text.startswith(TOKEN) or not _CODE.fullmatch(code):
        raise BadAddress(f"a token is {TOKEN}<symbol>-<account of its contract>")
    antelope.check_name(contract)
    return code, contract


def parse(text: str) -> tuple[int, str, int]:
    """Base units, symbol and decimals. Raises Malformed."""
    found = _ASSET.fullmatch(text)
    if found is None:
        raise Malformed(f"no amount of Antelope: {text[:40]!r}")
    part = found["part"] or ""
    amount = int(found["whole"] + part)
    if amount >= AMOUNT_END:
        raise Malformed(f"more than a chain of Antelope can count: {text[:40]!r}")
    return amount, found["code"], len(part)


def amount(text: str, code: str, decimals: int) -> int:
    """Base units of this very symbol. Raises Malformed for any other."""
    found, *symbol = parse(text)
    if symbol != [code, decimals]:
        raise Malformed(f"an amount of {symbol[0]} with {symbol[1]} decimals, not of {code} with {decimals}")
    return found
