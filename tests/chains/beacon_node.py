"""A beacon node as scripted: slots with and without blocks, states by slot, validators that are left out in silence.

Methods, shapes and statuses: https://ethereum.github.io/beacon-APIs (Beacon: getGenesis, getBlindedBlock, getStateRoot,
postStateValidators, getStateValidator, getPendingDeposits); error bodies are {code, message}, in Lighthouse's words.
"""

from __future__ import annotations

from typing import Any

from chains.types import Address, BalanceKey, Instrument
from tests.chains.served import Refusal, Served
from tests.chains.world import World

GWEI = 10**9
GENESIS_S, SLOT_S = 1_606_824_023, 12
ROOT = "0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"
NATIVE = Instrument("slip44:60")
HEAD_START = 1_000  # slots before the first block of the world: execution heights and slots are different numbers


def validator_key(number: int) -> Address:
    return Address("0x" + (number + 1).to_bytes(48, "big").hex())


def slot_of(height: int) -> int:
    """Every fourth slot has no block."""
    return HEAD_START + height + height // 3


class BeaconNode(Served):
    """Execution block h of the world is in slot_of(h). ``silent``: known validators the bulk answer leaves out."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.queue: list[tuple[Address, int]] = []
        self.credentials: dict[str, str] = {}
        self.silent: set[str] = set()
        self.more: list[Address] = []
        self.oldest_state = 0

    def root(self, slot: int) -> str:
        return "0x" + self.world.digest(slot).hex()

    def height_at(self, slot: int) -> int | None:
        """The execution block that the state of a slot knows, which is that of the newest block up to it."""
        below = [height for height in range(self.world.first, self.world.head + 1) if slot_of(height) <= slot]
        return max(below, default=None)

    def respond(self, method: str, params: Any) -> Any:
        match method.removeprefix("GET eth/v1/beacon/").removeprefix("POST eth/v1/beacon/").split("/"):
            case ["genesis"]:
                return {"data": {"genesis_time": str(GENESIS_S), "genesis_validators_root": ROOT}}
            case ["blinded_blocks", "finalized"]:
                return self._block(self.world.final)
            case ["blinded_blocks", slot]:
                height = self.height_at(int(slot))
                if height is None or slot_of(height) != int(slot):
                    raise Refusal(404, {"code": 404, "message": f"NOT_FOUND: beacon block at slot {slot}"})
                return self._block(height)
            case ["states", slot, *what]:
                height = self.height_at(int(slot))
                if height is None or int(slot) < self.oldest_state:
                    raise Refusal(404, {"code": 404, "message": f"NOT_FOUND: State not found, slot: {slot}"})
                return self._state(int(slot), height, what, params)
        raise Refusal(405, {"code": 405, "message": "METHOD_NOT_ALLOWED"})

    def _block(self, height: int) -> Any:
        slot = slot_of(height)
        payload = {"block_number": str(height), "timestamp": str(GENESIS_S + slot * SLOT_S), "gas_used": "0"}
        body = {"execution_payload_header": payload}
        message = {"slot": str(slot), "parent_root": ROOT, "state_root": self.root(slot), "body": body}
        return {"version": "electra", "finalized": height <= self.world.final, "data": {"message": message}}

    def _state(self, slot: int, height: int, what: list[str], params: Any) -> Any:
        held = self.world.at(height)
        match what:
            case ["root"]:
                return {"data": {"root": self.root(slot)}, "finalized": True}
            case ["validators"]:
                wanted = [key for key in params["ids"] if BalanceKey(key, NATIVE) in held and key not in self.silent]
                wanted += self.more
                return {"data": [self._validator(key, held.get(BalanceKey(key, NATIVE), 0)) for key in wanted]}
            case ["validators", key]:
                if BalanceKey(Address(key), NATIVE) not in held:
                    raise Refusal(404, {"code": 404, "message": f"NOT_FOUND: unknown validator: {key}"})
                return {"data": self._validator(key, held[BalanceKey(Address(key), NATIVE)])}
            case ["pending_deposits"]:
                return {"version": "electra", "data": [{"pubkey": k, "amount": str(a)} for k, a in self.queue]}
        raise Refusal(404, {"code": 404, "message": "NOT_FOUND"})

    def _validator(self, key: str, wei: int) -> Any:
        credentials = self.credentials.get(key, "0x01" + "00" * 11 + "ab" * 20)
        known = {"pubkey": key, "withdrawal_credentials": credentials, "effective_balance": "32000000000"}
        return {"index": "7", "balance": str(wei // GWEI), "status": "active_ongoing", "validator": known}
