"""Where Substrate pallets keep balances, and what their bytes say (SCALE, little-endian). Pure.

Sources: https://docs.polkadot.com (storage keys), pallet_balances ``AccountData``, pallet_staking ``StakingLedger``,
pallet_assets ``AssetAccount`` and ``AssetMetadata``.
"""

from __future__ import annotations

from typing import NamedTuple

import xxhash

from chains.codec.hashes import blake2b
from chains.errors import Malformed
from chains.types import Liquidity

ACCOUNT, U128 = 32, 16
_COUNTERS = 16  # nonce and three reference counts before the data of an account
_NEW_LOGIC = 1 << 127
"""Set in the last word where ``frozen`` counts against free and reserved together; else that word is fee_frozen."""


class Funds(NamedTuple):
    """One native account, in base units."""

    free: int
    reserved: int
    frozen: int

    @property
    def total(self) -> int:
        return self.free + self.reserved


def _twox128(text: str) -> bytes:
    return b"".join(xxhash.xxh64(text.encode(), seed=seed).digest()[::-1] for seed in (0, 1))


def _concat(raw: bytes) -> bytes:
    """blake2_128_concat, the hasher of maps whose keys users choose."""
    return blake2b(raw, 16) + raw


def _key(pallet: str, item: str, *keys: bytes) -> str:
    return "0x" + (_twox128(pallet) + _twox128(item) + b"".join(map(_concat, keys))).hex()


NOW = _key("Timestamp", "Now")
_SYSTEM, _LEDGER, _ASSETS = _key("System", "Account"), _key("Staking", "Ledger"), _key("Assets", "Account")


def account_key(account: bytes) -> str:
    return _SYSTEM + _concat(account).hex()


def ledger_key(account: bytes) -> str:
    return _LEDGER + _concat(account).hex()


def asset_key(asset: int, account: bytes) -> str:
    return _ASSETS + (_concat(asset.to_bytes(4, "little")) + _concat(account)).hex()


def metadata_key(asset: int) -> str:
    return _key("Assets", "Metadata", asset.to_bytes(4, "little"))


class Bytes:
    """What is left to decode. Every step raises Malformed where bytes are missing."""

    def __init__(self, raw: bytes, what: str) -> None:
        self._raw, self._what = raw, what

    def take(self, size: int) -> bytes:
        if len(self._raw) < size:
            raise Malformed(f"{self._what}: {size - len(self._raw)} bytes are missing")
        taken, self._raw = self._raw[:size], self._raw[size:]
        return taken

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def compact(self) -> int:
        """SCALE's compact integer: the two low bits tell its size."""
        first = self.uint(1)
        match first & 3:
            case 0:
                return first >> 2
            case 1:
                return (self.uint(1) << 8 | first) >> 2
            case 2:
                return (self.uint(3) << 8 | first) >> 2
        return self.uint((first >> 2) + 4)


def funds(raw: bytes) -> Funds:
    """System.Account. Raises Malformed."""
    data = Bytes(raw, "System.Account")
    data.take(_COUNTERS)
    free, reserved, frozen, last = (data.uint(U128) for _ in range(4))
    if last & _NEW_LOGIC:
        return Funds(free, reserved, frozen)
    # misc_frozen and fee_frozen held back free alone: what is reserved stood beside them.
    return Funds(free, reserved, max(frozen, last) + reserved)


class Ledger(NamedTuple):
    """What a stash has bonded: ``active``, and ``unbonding`` on its way back."""

    stash: bytes
    active: int
    unbonding: int


def ledger(raw: bytes) -> Ledger:
    """Staking.Ledger. Raises Malformed."""
    data = Bytes(raw, "Staking.Ledger")
    stash = data.take(ACCOUNT)
    total, active = data.compact(), data.compact()
    if active > total:
        raise Malformed("Staking.Ledger: more is active than bonded")
    return Ledger(stash, active, total - active)


def split(held: Funds, bonded: Ledger | None) -> tuple[int, dict[Liquidity, int]]:
    """The liquid amount, and the rest by class. Together they are the account's total.

    What may be moved is free less the part of frozen that reserved does not cover.
    """
    liquid = held.free - min(held.free, max(held.frozen - held.reserved, 0))
    rest = held.total - liquid
    active = min(rest, bonded.active if bonded else 0)
    unbonding = min(rest - active, bonded.unbonding if bonded else 0)
    classes = {
        Liquidity.STAKED: active,
        Liquidity.UNBONDING: unbonding,
        Liquidity.LOCKED: rest - active - unbonding,
    }
    return liquid, {kind: amount for kind, amount in classes.items() if amount}


def asset_balance(raw: bytes) -> int:
    """Assets.Account. Raises Malformed."""
    return Bytes(raw, "Assets.Account").uint(U128)


def asset_decimals(raw: bytes) -> int:
    """Assets.Metadata: a deposit, name and symbol, then the decimals. Raises Malformed."""
    data = Bytes(raw, "Assets.Metadata")
    data.take(U128)
    for _ in ("name", "symbol"):
        data.take(data.compact())
    return data.uint(1)
