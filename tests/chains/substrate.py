"""A Substrate node as scripted: storage by key at a block hash, from a made-up chain or from whatever a test plants.

Methods, shapes and errors: https://docs.polkadot.com and polkadot-sdk, substrate/client/rpc-api (chain, state, system);
state: ``state_queryStorageAt`` answers one change set, with null for keys where nothing is stored.
"""

from __future__ import annotations

from typing import Any

from chains.codec import ss58
from chains.polkadot import storage
from chains.types import BalanceKey, Instrument
from tests.chains.served import Refusal, Served
from tests.chains.world import World

DECIMALS = 10
NATIVE = Instrument("slip44:354")
USDT = Instrument("asset:1984")
NEW_LOGIC = 1 << 127


def u128(value: int) -> bytes:
    return value.to_bytes(16, "little")


def account_info(free: int, reserved: int = 0, frozen: int = 0, last: int = NEW_LOGIC) -> bytes:
    """System.Account: nonce, three reference counts, then four words."""
    return bytes(4) + b"\1\0\0\0" * 2 + bytes(4) + b"".join(map(u128, (free, reserved, frozen, last)))


def compact(value: int) -> bytes:
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = (value.bit_length() + 7) // 8
    return bytes([size - 4 << 2 | 3]) + value.to_bytes(size, "little")


def ledger(stash: bytes, total: int, active: int) -> bytes:
    """Staking.Ledger, whose unlocking chunks say what is on its way back, and when."""
    chunks = compact(0) if total == active else compact(1) + compact(total - active) + compact(1400)
    return stash + compact(total) + compact(active) + chunks + compact(0)


def metadata(decimals: int, name: str = "Tether USD", symbol: str = "USDt") -> bytes:
    texts = b"".join(compact(len(text)) + text.encode() for text in (name, symbol))
    return u128(2_008_200_000) + texts + bytes([decimals, 0])


class Substrate(Served):
    """``planted`` lies over every block's storage. ``keys_max``: more in one call is too large a request."""

    def __init__(self, world: World, prefix: int) -> None:
        super().__init__()
        self.world, self.prefix = world, prefix
        self.planted: dict[str, bytes | None] = {}
        self.pruned_below = 0
        self.keys_max = 10_000

    def hash(self, height: int) -> str:
        return "0x" + self.world.digest(height).hex()

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "chain_getBlockHash", [int(height)]:
                return self.hash(height) if self.world.has(height) else None
            case "chain_getFinalizedHead", []:
                return self.hash(self.world.final)
            case "chain_getHeader", [str(shown)]:
                found = self.world.height_of(shown, self.hash)
                return None if found is None else {"number": hex(found), "parentHash": self.hash(max(0, found - 1))}
            case "system_properties", []:
                return {"ss58Format": self.prefix, "tokenDecimals": [DECIMALS], "tokenSymbol": ["DOT"]}
            case "state_queryStorageAt", [list(keys), str(shown)]:
                return self._stored(keys, shown)
        raise Refusal(-32601, {"message": "Method not found"})

    def _stored(self, keys: list[str], shown: str) -> Any:
        if len(keys) > self.keys_max:
            raise Refusal(-32008, {"message": "Response is too big", "data": "Exceeded max limit of 15728640"})
        found = self.world.height_of(shown, self.hash)
        if found is None:
            said = "UnknownBlock: Header was not found in the database"
            raise Refusal(4003, {"message": "Client error", "data": f"{said}: {shown}"})
        if found < self.pruned_below:
            said = f"Client error: Api called for an unknown Block: State already discarded for {shown}"
            raise Refusal(4003, {"message": said})
        stored = self.storage(found) | self.planted
        values = {key: stored.get(key) for key in keys}
        return [{"block": shown, "changes": [[k, None if v is None else "0x" + v.hex()] for k, v in values.items()]}]

    def storage(self, height: int) -> dict[str, bytes | None]:
        held = {self._key(key): self._value(key, amount) for key, amount in self.world.at(height).items()}
        now = self.world.seconds(height) * 1000
        fixed = {storage.metadata_key(1984): metadata(6)}
        return {**held, **fixed, **({storage.NOW: now.to_bytes(8, "little")} if height else {})}

    def _key(self, key: BalanceKey) -> str:
        account = ss58.decode(key.address, [self.prefix])
        return storage.account_key(account) if key.instrument == NATIVE else storage.asset_key(1984, account)

    def _value(self, key: BalanceKey, amount: int) -> bytes:
        return account_info(amount) if key.instrument == NATIVE else u128(amount) + b"\0\1"
