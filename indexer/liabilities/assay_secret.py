"""What the exchange alone knows of a commitment: the order, salts and splits of each user, all from one secret."""

from __future__ import annotations

from typing import NamedTuple

from blake3 import blake3

from indexer.liabilities.assay_sum import AMOUNT_BYTES, NAME, SALT_BYTES, Amounts, leaf_hash, pack, prefixed

KEY_BYTES = 16
SECRET_BYTES_MIN = 32


class Leaf(NamedTuple):
    """One part of a user's balances. Leaves stand in the order of ``key``, which looks random without the secret."""

    key: bytes
    salt: bytes
    packed: bytes  # amounts
    hash: bytes


class Secrets:
    """Derives everything private of one snapshot. The secret must be at least SECRET_BYTES_MIN random bytes."""

    def __init__(self, secret: bytes, *, snapshot: str, parts: int) -> None:
        assert len(secret) >= SECRET_BYTES_MIN, "the caller refuses short secrets"
        self._state = blake3(key=blake3(secret, derive_key_context=f"{NAME} secret").digest())
        self._state.update(prefixed(snapshot))
        self._parts = parts

    def keys(self, user: str) -> list[bytes]:
        """Where the user's parts stand, by key."""
        stream = self._stream(user, self._parts * KEY_BYTES)
        return [stream[at : at + KEY_BYTES] for at in range(0, len(stream), KEY_BYTES)]

    def salts(self, user: str) -> list[bytes]:
        stream = self._stream(user, self._parts * (KEY_BYTES + SALT_BYTES))[self._parts * KEY_BYTES :]
        return [stream[at : at + SALT_BYTES] for at in range(0, len(stream), SALT_BYTES)]

    def leaves(self, user: str, amounts: Amounts) -> list[Leaf]:
        """The user's balances in parts that sum to them."""
        parts = self._parts
        cuts_at = parts * (KEY_BYTES + SALT_BYTES)
        stream = self._stream(user, cuts_at + (parts - 1) * len(amounts) * AMOUNT_BYTES)
        leaves = []
        for part, split in enumerate(_split(amounts, parts, stream[cuts_at:])):
            key = stream[part * KEY_BYTES : (part + 1) * KEY_BYTES]
            salt = stream[parts * KEY_BYTES + part * SALT_BYTES : parts * KEY_BYTES + (part + 1) * SALT_BYTES]
            packed = pack(split)
            made = leaf_hash(user=user, part=part, parts=parts, salt=salt, packed=packed)
            leaves.append(Leaf(key, salt, packed, made))
        return leaves

    def _stream(self, user: str, length: int) -> bytes:
        state = self._state.copy()
        state.update(prefixed(user))
        return state.digest(length=length)


def _split(amounts: Amounts, parts: int, chance: bytes) -> list[Amounts]:
    """Cut each amount at ``parts - 1`` uniform places of what is left; the parts always sum to the whole."""
    left = list(amounts)
    split: list[Amounts] = []
    at = 0
    for _ in range(parts - 1):
        taken = []
        for place, amount in enumerate(left):
            share = (amount * int.from_bytes(chance[at : at + AMOUNT_BYTES], "big")) >> (8 * AMOUNT_BYTES)
            left[place] = amount - share
            taken.append(share)
            at += AMOUNT_BYTES
        split.append(tuple(taken))
    split.append(tuple(left))
    return split
