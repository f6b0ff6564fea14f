"""The payload and the answer of the packed reader (its code: chains/evm/reader_asm.py). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from chains.amounts import WORD
from chains.errors import ChainError

Bytes: TypeAlias = npt.NDArray[np.uint8]
ADDRESS = 20
NATIVE = bytes(ADDRESS)
"""The token that stands for the native coin."""
TOKENS_MAX = 255
_HEAD = 64

# What the reader writes for what is no balance of at most 16 bytes, and no balance below these three.
FAILED, SHORT, WIDE = (bytes([0xFF] * (WORD - 1) + [last]) for last in (0xFF, 0xFE, 0xFD))
_SENTINEL_LOW = 2**64 - 3


class WayFailed(ChainError):
    """The endpoint answered, but not as this way of asking works: the next way may do."""


class Context(NamedTuple):
    """What the code saw of the block it ran in."""

    chain: int
    number: int
    time: int
    parent: bytes


class Answer(NamedTuple):
    """``words``: (addresses done, tokens, WORD), the first of those that were asked."""

    context: Context
    words: Bytes


def payload(tokens: Sequence[bytes], addresses: Bytes) -> bytes:
    """``addresses`` is (n, 20)."""
    assert 0 < len(tokens) <= TOKENS_MAX
    assert all(len(token) == ADDRESS for token in tokens)
    assert addresses.ndim == 2
    assert addresses.shape[1] == ADDRESS
    return bytes([len(tokens)]) + b"".join(tokens) + addresses.tobytes()


def decode(raw: bytes, *, tokens: int, addresses: int) -> Answer:
    """Raises WayFailed for what the reader cannot have written."""
    if len(raw) < _HEAD:
        raise WayFailed(f"{len(raw)} bytes where the reader writes at least {_HEAD}: its code did not run")
    chain, number, time, done = (int.from_bytes(raw[at : at + 8], "big") for at in (0, 8, 16, 24))
    if done > addresses or len(raw) != _HEAD + done * tokens * WORD:
        raise WayFailed(f"{len(raw)} bytes and {done} of {addresses} addresses are not the reader's")
    words = np.frombuffer(raw, np.uint8, offset=_HEAD).reshape(done, tokens, WORD)
    return Answer(Context(chain, number, time, raw[32:_HEAD]), words)


def are_sentinels(words: Bytes) -> npt.NDArray[np.bool_]:
    """For (n, WORD) words: which are to be read again."""
    halves = np.ascontiguousarray(words).view(">u8")
    result: npt.NDArray[np.bool_] = (halves[:, 0] == 2**64 - 1) & (halves[:, 1] >= _SENTINEL_LOW)
    return result
