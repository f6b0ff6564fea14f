"""The payload and the answer of Multicall3's ``aggregate3``, for the same questions as the packed reader's. Pure.

The context is asked beside the balances: chain id, number and time first, the parent hash last. The last call fails
where gas ran out before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chains.amounts import WORD
from chains.errors import TooLarge
from chains.evm.packed import FAILED, NATIVE, SHORT, WIDE, Answer, Bytes, Context, WayFailed

ADDRESS = "0xca11bde05977b3631167028862be2a173976ca11"
AGGREGATE3 = bytes.fromhex("82ad56cb")
CHAIN_ID, NUMBER, TIME, PARENT = map(bytes.fromhex, ("3408e470", "42cbb15c", "0f28c97d", "27e86d6e"))
ETH_BALANCE, BALANCE_OF = map(bytes.fromhex, ("4d2301cc", "70a08231"))
_FIRST = (CHAIN_ID, NUMBER, TIME)
_CALL = 192
"""Bytes of one call: target, allowFailure, offset, length, and the data in two words."""
_FEW = 32
"""Pairs of which more than half may fail before gas is suspected."""


def payload(tokens: Sequence[bytes], addresses: Bytes, *, contract: bytes) -> bytes:
    """``addresses`` is (n, 20), ``contract`` the Multicall3 itself."""
    pairs = len(addresses) * len(tokens)
    count = len(_FIRST) + pairs + 1
    calls = np.zeros((count, _CALL), np.uint8)
    calls[:, 12:32] = _row(contract)
    calls[:, 63] = 1  # allowFailure
    calls[:, 95] = 0x60
    for index, selector in enumerate((*_FIRST, PARENT)):
        calls[index if selector != PARENT else -1, 127:132] = _row(b"\x04" + selector)
    grid = calls[len(_FIRST) : -1].reshape(len(addresses), len(tokens), _CALL)
    grid[:, :, 127] = 36
    grid[:, :, 144:164] = addresses[:, None, :]
    for index, token in enumerate(tokens):
        grid[:, index, 128:132] = _row(ETH_BALANCE if token == NATIVE else BALANCE_OF)
        if token != NATIVE:
            grid[:, index, 12:32] = _row(token)
    offsets = np.zeros((count, 4), ">u8")
    offsets[:, 3] = 32 * count + _CALL * np.arange(count)
    return AGGREGATE3 + _word(32) + _word(count) + offsets.tobytes() + calls.tobytes()


def decode(raw: bytes, *, tokens: int, addresses: int) -> Answer:
    """All addresses are done. Raises WayFailed for no answer of Multicall3, TooLarge where gas ran out."""
    count = len(_FIRST) + addresses * tokens + 1
    if len(raw) % 32 or len(raw) < 32 * (2 + count):
        raise WayFailed(f"{len(raw)} bytes to {count} calls are no answer of Multicall3")
    table = np.frombuffer(raw, ">u8").reshape(-1, 4)
    # A lying offset may point anywhere: whatever is out of bounds, or wider than it looks, is not believed.
    starts = table[2 : 2 + count, 3].astype(np.int64) // 32 + 2
    if table[1, 3] != count or starts.min() < 0 or starts.max() + 3 > len(table):
        raise WayFailed("not an answer of Multicall3 to these calls")
    success, sizes = table[starts, 3] == 1, table[starts + 2, 3]
    if (sizes > len(raw)).any() or (starts + 3 + (sizes > 0)).max() > len(table):
        raise WayFailed("an answer of Multicall3 that ends early")
    values = table[np.minimum(starts + 3, len(table) - 1)]

    words: Bytes = values[:, 2:].copy().view(np.uint8)
    words[(values[:, :2] != 0).any(axis=1)] = _row(WIDE)
    words[sizes < 32] = _row(SHORT)
    words[~success] = _row(FAILED)
    if not success[-1]:
        raise TooLarge("gas ran out within one aggregate3")
    if not success[: len(_FIRST)].all() or (sizes[[0, 1, 2, -1]] != 32).any():
        raise WayFailed("this Multicall3 does not tell its block")
    failed = int((~success).sum())
    if count > _FEW and 2 * failed > count:
        raise TooLarge(f"{failed} of {count} calls failed, perhaps for want of gas")
    chain, number, time = (int(values[index, 3]) for index in range(len(_FIRST)))
    context = Context(chain, number, time, values[-1].tobytes())
    return Answer(context, words[len(_FIRST) : -1].reshape(addresses, tokens, WORD))


def _row(data: bytes) -> Bytes:
    return np.frombuffer(data, np.uint8)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
