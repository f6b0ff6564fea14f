"""Multicall3's ``aggregate3``: the arguments of many calls as one, and what each of them returned. Pure.

Around the questions stand three of the contract's own, which the state answers about itself: height and time first,
the hash of the parent last. Source: https://github.com/mds1/multicall3, ``src/Multicall3.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chains.errors import Malformed, TooLarge

SIGNATURE = "aggregate3((address,bool,bytes)[])"
_NUMBER, _TIME, _PARENT = (bytes.fromhex(selector) for selector in ("42cbb15c", "0f28c97d", "27e86d6e"))
_COIN, _TOKEN, _DECIMALS = (bytes.fromhex(selector) for selector in ("4d2301cc", "70a08231", "313ce567"))
_WORD = 32

Question = tuple[bytes | None, bytes]
"""(contract, calldata); no contract: a question to the Multicall3 itself."""


@dataclass(frozen=True, slots=True)
class Answers:
    """``returned[i]``: the bytes of question i, or None where it failed. ``parent`` is the hash of the block before."""

    height: int
    time: datetime
    parent: str
    returned: Sequence[bytes | None]


def coins(holder: bytes) -> Question:
    return None, _COIN + _word(holder)


def tokens(contract: bytes, holder: bytes) -> Question:
    return contract, _TOKEN + _word(holder)


def decimals(contract: bytes) -> Question:
    return contract, _DECIMALS


def encode(questions: Sequence[Question], *, multicall: bytes) -> bytes:
    """The arguments of ``aggregate3``; ``multicall`` is its own address."""
    everything: list[Question] = [(None, _NUMBER), (None, _TIME), *questions, (None, _PARENT)]
    calls = [_call(multicall if contract is None else contract, data) for contract, data in everything]
    offsets, at = [], _WORD * len(calls)
    for call in calls:
        offsets.append(_number(at))
        at += len(call)
    return b"".join((_number(_WORD), _number(len(calls)), *offsets, *calls))


def decode(raw: bytes, *, count: int) -> Answers:
    """The answers to ``count`` questions. Raises TooLarge where the energy did not reach to the last one, Malformed."""
    number, time, *returned, parent = _results(raw, count + 3)
    if parent is None:
        raise TooLarge("energy ran out within one aggregate3")
    if any(word is None or len(word) != _WORD for word in (number, time, parent)):
        raise Malformed("a Multicall3 that does not tell its block")
    assert number is not None
    assert time is not None
    return Answers(_int(number), datetime.fromtimestamp(_int(time) % 2**33, UTC), parent.hex(), returned)


def _call(target: bytes, data: bytes) -> bytes:
    padded = data.ljust(-(-len(data) // _WORD) * _WORD, b"\0")
    return b"".join((_word(target), _number(1), _number(3 * _WORD), _number(len(data)), padded))


def _results(raw: bytes, count: int) -> list[bytes | None]:
    """A lying offset may point anywhere: whatever is out of bounds is not believed."""

    def word(at: int) -> int:
        if not 0 <= at <= len(raw) - _WORD:
            raise Malformed("an answer of Multicall3 that ends early")
        return _int(raw[at : at + _WORD])

    start = word(0) + _WORD
    if word(start - _WORD) != count:
        raise Malformed(f"not an answer of Multicall3 to {count} calls")
    found: list[bytes | None] = []
    for index in range(count):
        at = start + word(start + _WORD * index)
        succeeded, data = word(at), at + word(at + _WORD)
        size = word(data)
        if size > len(raw) - data - _WORD:
            raise Malformed("an answer of Multicall3 that ends early")
        found.append(raw[data + _WORD : data + _WORD + size] if succeeded == 1 else None)
    return found


def _word(data: bytes) -> bytes:
    return data.rjust(_WORD, b"\0")


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")


def _int(word: bytes) -> int:
    return int.from_bytes(word, "big")
