"""From the JSON of a node to integers: pure, strict, and never from nothing to zero."""

from __future__ import annotations

import re

from chains.types import UINT256_END, Failure, Reason

_HEX = re.compile(r"0x[0-9a-fA-F]*")
_WORD_DIGITS = 64


def quantity(answer: object) -> int | Failure:
    """A JSON-RPC QUANTITY (``0x1a``) as uint256, or why it is none."""
    if answer is None or answer == "0x":
        return Failure(Reason.EMPTY, "null" if answer is None else "0x")
    if not isinstance(answer, str) or not _HEX.fullmatch(answer):
        return Failure(Reason.MALFORMED, "not a hexadecimal quantity")
    number = int(answer, 16)
    if number >= UINT256_END:
        return Failure(Reason.OUT_OF_RANGE, f"{number.bit_length()} bits do not fit a uint256")
    return number


def word(answer: object) -> int | Failure:
    """The first 32 bytes of an ``eth_call`` return as uint256, or why there are none. Longer returns are legal."""
    if answer is None or answer == "0x":
        return Failure(Reason.EMPTY, "null" if answer is None else "0x")
    if not isinstance(answer, str) or not _HEX.fullmatch(answer) or len(answer) % 2:
        return Failure(Reason.MALFORMED, "not hexadecimal data")
    if len(answer) < 2 + _WORD_DIGITS:
        return Failure(Reason.MALFORMED, f"{len(answer) // 2 - 1} bytes where a uint256 takes 32")
    return int(answer[2 : 2 + _WORD_DIGITS], 16)
