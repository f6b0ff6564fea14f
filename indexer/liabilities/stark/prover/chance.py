"""Every random value of a segment, from its seed: one stream a purpose, none drawn from twice."""

from __future__ import annotations

import numpy as np
from blake3 import blake3

from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import DIGEST_BYTES

SEED_BYTES = 32
_MASK = np.uint32((1 << 31) - 1)


class Chance:
    """``seed`` is secret, and of one segment of one snapshot alone."""

    def __init__(self, seed: bytes) -> None:
        assert len(seed) == SEED_BYTES, "a seed is a digest"
        self._seed = seed

    def words(self, purpose: str, *shape: int) -> Words:
        """Uniform 32-bit words."""
        count = int(np.prod(shape))
        return np.frombuffer(self._bytes(purpose, 4 * count), "<u4").astype(np.uint32).reshape(shape)

    def elements(self, purpose: str, *shape: int) -> Words:
        """Uniform field elements: 31 bits at a time, those not below P thrown away (one in sixteen)."""
        count = int(np.prod(shape))
        draw = count + count // 12 + 256
        while True:
            drawn = np.frombuffer(self._bytes(purpose, 4 * draw), "<u4") & _MASK
            kept = drawn[drawn < P]
            if kept.size >= count:
                return kept[:count].astype(np.uint32).reshape(shape)
            draw += draw // 8  # the longer stream begins with the shorter one

    def _bytes(self, purpose: str, size: int) -> bytes:
        return blake3(purpose.encode(), key=self._seed).digest(length=size)


def segment_seed(secret_key: bytes, statement: bytes, data: bytes, segment: int) -> bytes:
    """Bound to the statement and to the digest of all users' records: other balances have another randomness.

    Two proofs that share r_i but not their challenges would give balances away.
    """
    message = statement + data + segment.to_bytes(4, "little")
    return blake3(message, key=secret_key).digest(length=DIGEST_BYTES)
