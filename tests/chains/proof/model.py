"""A provider made of a Python dictionary: header and proofs built the slow way, honest or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chains.adapter import Call, Json, Params
from chains.codec.evm_address import keccak256
from chains.errors import RpcFault
from chains.types import Address, BlockRef
from tests.chains.proof.tries import Node, Trie, rlp

_FIELDS = ("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash")
HEIGHT = 1_234


@dataclass
class Holding:
    nonce: int = 0
    wei: int = 0
    code: bytes = b""
    storage: Mapping[bytes, int] = field(default_factory=dict)


class ModelNode:
    """Answers eth_getBlockByHash and eth_getProof about one state. ``avalanche`` follows the C-Chain's rules."""

    provider = "model"

    def __init__(self, state: Mapping[Address, Holding], *, avalanche: bool = False) -> None:
        self.state, self.avalanche = state, avalanche
        self.calls: list[tuple[str, Any]] = []
        self.storage = {address: Trie(self._slots(held)) for address, held in state.items()}
        self.accounts = Trie({keccak256(_raw(a)): self._account(a, held) for a, held in state.items()})
        self.header = self._header(self.accounts.root)
        self.block = BlockRef(HEIGHT, str(self.header["hash"]))

    async def call(self, method: str, params: Params = ()) -> Json:
        self.calls.append((method, params))
        answer = self.answer(method, params)
        if isinstance(answer, RpcFault):
            raise answer
        return answer

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        self.calls += calls
        return [self.answer(method, params) for method, params in calls]

    def answer(self, method: str, params: Any) -> Json | RpcFault:
        if method in ("eth_getBlockByHash", "eth_getBlockByNumber"):
            return self.header
        assert method == "eth_getProof"
        address, slots = Address(str(params[0])), params[1]
        assert isinstance(slots, list)
        held = self.state.get(address, Holding())
        storage = self.storage.get(address, Trie({}))
        return {
            "balance": hex(held.wei),
            "accountProof": _hex(self.accounts.prove(keccak256(_raw(address)))),
            "storageProof": [self._slot(held, storage, bytes.fromhex(str(slot)[2:])) for slot in slots],
        }

    def _slot(self, held: Holding, storage: Trie, slot: bytes) -> Json:
        key = self._key(slot)
        value = {self._key(known): word for known, word in held.storage.items()}.get(key, 0)
        return {"key": "0x" + slot.hex(), "value": hex(value), "proof": _hex(storage.prove(keccak256(key)))}

    def _slots(self, held: Holding) -> dict[bytes, bytes]:
        return {keccak256(self._key(slot)): rlp(_number(word)) for slot, word in held.storage.items() if word}

    def _key(self, slot: bytes) -> bytes:
        return bytes([slot[0] & 0xFE]) + slot[1:] if self.avalanche else slot

    def _account(self, address: Address, held: Holding) -> bytes:
        fields: list[Node] = [_number(held.nonce), _number(held.wei)]
        fields += [self.storage[address].root, keccak256(held.code)]
        return rlp([*fields, b"\1"] if self.avalanche else fields)

    def _header(self, state_root: bytes) -> dict[str, Json]:
        hashes = {name: keccak256(name.encode()) for name in _FIELDS} | {"stateRoot": state_root}
        texts = {"miner": bytes(20), "logsBloom": bytes(256), "extraData": b"model", "nonce": bytes(8), **hashes}
        numbers = {"difficulty": 1, "number": HEIGHT, "gasLimit": 30_000_000, "gasUsed": 0, "timestamp": 1_700_000_000}
        order = ["parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"]
        order += [*numbers, "extraData", "mixHash", "nonce"]
        if self.avalanche:
            texts["extDataHash"] = keccak256(b"")
            order.append("extDataHash")
        header: dict[str, Json] = {name: hex(value) for name, value in numbers.items()}
        header |= {name: "0x" + value.hex() for name, value in texts.items()}
        encoded = rlp([texts[name] if name in texts else _number(numbers[name]) for name in order])
        return header | {"hash": "0x" + keccak256(encoded).hex(), "transactions": []}


def _raw(address: Address) -> bytes:
    return bytes.fromhex(address[2:])


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big").lstrip(b"\0")


def _hex(nodes: Sequence[bytes]) -> list[Json]:
    return ["0x" + node.hex() for node in nodes]
