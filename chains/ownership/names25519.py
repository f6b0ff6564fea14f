"""Accounts of ed25519 chains that have names, or numbers, which no key leads to: only the chain knows their keys.

Some names are a key in hexadecimal: then it is the payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chains.errors import BadAddress
from chains.ownership.types import Undecidable

_HEX32 = re.compile(r"[0-9a-f]{64}")
_NEAR_PART = r"(?![^.]{32})[a-z0-9]+(?:[-_][a-z0-9]+)*"
# Parts of over 31 characters are refused, though some contracts have them: with one, a damaged implicit account would
# pass for a name.
_NEAR_NAME = re.compile(rf"(?=.{{2,64}}$){_NEAR_PART}(?:\.{_NEAR_PART})*")
_HEDERA = re.compile(r"0\.0\.(?:0|[1-9][0-9]{0,18})")
_KADENA_NAME = re.compile(r"(?!.:)[!-~]{3,64}")
_KADENA_PRINCIPAL = re.compile(r"[cmpruw]:.+")
_IOST_NAME = re.compile(r"[a-z0-9_]{5,11}")
_CANTON = re.compile(r"[A-Za-z0-9:_ -]{1,185}::1220[0-9a-f]{64}")


def near(text: str, _: object) -> bytes | None:
    if _HEX32.fullmatch(text):
        return bytes.fromhex(text)
    if not _NEAR_NAME.fullmatch(text):
        raise BadAddress("neither an implicit account (64 lower-case hexadecimal digits) nor an account name")
    return None


def kadena(text: str, _: object) -> bytes | None:
    if text.startswith("k:"):
        if not _HEX32.fullmatch(text[2:]):
            raise BadAddress("a k: account is named by 64 lower-case hexadecimal digits")
        return bytes.fromhex(text[2:])
    if _KADENA_PRINCIPAL.fullmatch(text):
        raise Undecidable("an account of several keys or of a contract")
    if not _KADENA_NAME.fullmatch(text):
        raise BadAddress("no account name")
    return None


def _only(pattern: re.Pattern[str], what: str) -> Callable[[str, object], None]:
    def parse(text: str, _: object) -> None:
        if not pattern.fullmatch(text):
            raise BadAddress(f"no {what}")

    return parse


hedera = _only(_HEDERA, "account number 0.0.n")
iost = _only(_IOST_NAME, "account name")
canton = _only(_CANTON, "party id")
