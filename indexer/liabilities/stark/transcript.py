"""Fiat-Shamir: every message in order, each behind its label and length; challenges from all that came before."""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark.extension import DEGREE, Ext, element
from indexer.liabilities.stark.field import Elements, P
from indexer.liabilities.stark.hashing import digest, text, u32, u64

_COORDINATE_BYTES = 16  # reduced modulo P, 97 bits more than P has: no bias to speak of


class Transcript:
    """The state is 32 bytes. Begins with the parameters' name, the statement's digest and the segment's number."""

    def __init__(self, parameters: str, statement: bytes, segment: int) -> None:
        self.state = digest("transcript", text(parameters) + statement + u32(segment))

    def absorb(self, label: str, data: bytes | memoryview) -> None:
        self.state = digest("absorb", self.state + text(label) + u64(len(data)) + bytes(data))

    def challenge(self, label: str) -> Ext:
        """A uniform element of the extension."""
        self.absorb(label, b"")
        raw = digest("challenge", self.state, DEGREE * _COORDINATE_BYTES)
        step = _COORDINATE_BYTES
        return element([int.from_bytes(raw[at : at + step], "little") % P for at in range(0, len(raw), step)])

    def indexes(self, label: str, count: int, log_end: int) -> Elements:
        """Uniform numbers below 2^log_end."""
        self.absorb(label, b"")
        raw = np.frombuffer(digest("challenge", self.state, 8 * count), "<u8")
        return raw.astype(np.uint64) & np.uint64((1 << log_end) - 1)

    def worked(self, nonce: int, bits: int) -> bool:
        """Whether the nonce is one of 2^bits: the hash's first word begins (high bits first) with that many zeros."""
        first = int.from_bytes(digest("grind", self.state + u64(nonce))[:4], "little")
        return first >> (32 - bits) == 0
