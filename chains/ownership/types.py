"""The narrow contract of ownership proofs: what one published row claims, and what its signatures really prove."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from chains.controllers import Signer

ABSENT = ("", "-", "null")
_ABSENT_MAX = max(map(len, ABSENT))


class Verdict(StrEnum):
    OWNED = "owned"  # the key that signed leads to this very address
    OWNER_SIGNED = "owner-signed"  # a key or an owner signed; what ties it to the address is still to be read
    BAD_SIGNATURE = "bad signature"  # something the row publishes does not hold, or the chain names others
    UNSIGNED = "unsigned"  # the row publishes no signature
    UNSUPPORTED = "unsupported scheme"  # no rule is known, or the row leaves out what its rule needs


class OwnershipClaim(NamedTuple):
    """What a row publishes. Cells come without surrounding white space, "" where absent (see `cell`); the message comes
    exactly as published, for every character of it is signed.

    ``script_or_key``: redeem script (UTXO) or public key. ``owner1``, ``owner2``: who signed for a contract.
    """

    address: str
    message: str
    signature1: str
    signature2: str = ""
    script_or_key: str = ""
    owner1: str = ""
    owner2: str = ""


class OwnershipResult(NamedTuple):
    """``scheme``: e.g. ``evm/eip191-keccak``. ``detail``: what is proven, what is missing, or why it is refused.

    ``missing``: what the chain still has to say, "" where the signatures say it all; ``signers``, then, are those whom
    it would have to name.
    """

    verdict: Verdict
    scheme: str
    detail: str
    missing: str = ""
    signers: tuple[Signer, ...] = ()


class BadProof(ValueError):
    """A published signature, key or script that does not hold; the message says why, in words for a finding."""


class Undecidable(ValueError):
    """The row leaves out what its scheme needs, or uses a form nobody here can judge; the message says which."""


Prove = Callable[[OwnershipClaim, Any], OwnershipResult]
"""A scheme: pure. ``signature1`` is never "". Raises BadAddress, BadProof and Undecidable, and nothing else."""


class Scheme(NamedTuple):
    """``options`` is the struct that a kind's options decode to, strictly; ``prove`` gets it as second argument."""

    options: type[msgspec.Struct]
    prove: Prove


def cell(text: str) -> str:
    """A published cell without white space around it; lists write an absent one as nothing, ``-`` or ``null``."""
    if not text:  # most cells of most rows
        return ""
    text = text.strip()
    return "" if len(text) <= _ABSENT_MAX and text.lower() in ABSENT else text
