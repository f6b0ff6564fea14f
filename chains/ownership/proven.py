"""What a signature proves, in the words in which the chain would name it. The one place where the two meet."""

from __future__ import annotations

from functools import cache

from chains.controllers import Signer, by_address
from chains.ownership.types import OwnershipResult, Verdict
from chains.types import Address


def account(text: str, payload: bytes) -> Signer:
    """The account of a payload, in the canonical spelling of its chain: hexadecimal in full and in lower case; every
    other text has one spelling, as its codec saw to.
    """
    return by_address(Address(f"0x{payload.hex()}" if text.startswith("0x") else text))


def owned(scheme: str, rotates: str = "", signers: tuple[Signer, ...] = ()) -> OwnershipResult:
    """The key leads to the very address; where keys can be exchanged (``rotates``), the chain may know better."""
    return OwnershipResult(Verdict.OWNED, scheme, _leads(rotates), rotates, signers)


@cache
def _leads(rotates: str) -> str:
    later = f"; still to be read, for it can have changed: {rotates}" if rotates else ""
    return f"the key that signed leads to this address{later}"
