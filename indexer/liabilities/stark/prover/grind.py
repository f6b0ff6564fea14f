"""The proof of work before the queries."""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark.hashing import purpose_key
from indexer.liabilities.stark.kernels import blake3
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.transcript import Transcript

_BATCH = 1 << 14


def grind(transcript: Transcript, bits: int) -> int:
    """The least nonce that `Transcript.worked` accepts: 2^bits hashes, on average."""
    message = matrix(_BATCH, 10)
    message[:, :8] = np.frombuffer(transcript.state, "<u4")
    first = 0
    while True:
        nonces = np.arange(first, first + _BATCH, dtype=np.uint64)
        message[:, 8:10] = nonces.astype("<u8").view("<u4").reshape(-1, 2)
        heads = blake3.hash_rows(purpose_key("grind"), message, 40)[:, 0]
        found = np.nonzero(heads >> np.uint32(32 - bits) == 0)[0]
        if found.size:
            return int(nonces[found[0]])
        first += _BATCH
