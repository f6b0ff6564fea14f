"""Proofs to keep: the header, every trie node once, and which nodes prove which balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from chains.evm.proof import header as headers
from chains.evm.proof.errors import ProofError
from chains.evm.proof.header import Header
from chains.evm.proof.slots import SlotRule, parse_rule
from chains.evm.proof.state import EMPTY_CODE, prove_account, prove_slot
from chains.types import Address, BalanceKey, Instrument

_VERSION = 1
_TOKEN_PREFIX = "erc20:"  # noqa: S105  (an instrument, not a password)


class _Proven(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    address: bytes
    nodes: list[int]


class _Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    rule: str
    account: list[int]
    holders: list[_Proven]


class _Evidence(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    header: bytes
    native: str
    nodes: list[bytes]
    coins: list[_Proven]
    tokens: list[_Token]


@dataclass(frozen=True, slots=True)
class StoredProof:
    """What evidence proves of the block at ``height``, given that the rules say where tokens keep balances."""

    height: int
    balances: Mapping[BalanceKey, int]
    rules: Sequence[SlotRule]


class Collector:
    """Gathers verified proofs of one block into evidence."""

    def __init__(self, header: Header, native: Instrument) -> None:
        self._header = header
        self._native = native
        self._nodes: dict[bytes, int] = {}
        self._coins: list[_Proven] = []
        self._tokens: dict[str, _Token] = {}

    def coin(self, address: Address, proof: Sequence[bytes]) -> None:
        self._coins.append(_Proven(bytes.fromhex(address[2:]), self._index(proof)))

    def token(self, rule: SlotRule, account: Sequence[bytes], holder: Address, proof: Sequence[bytes]) -> None:
        kept = self._tokens.get(str(rule))
        if kept is None:
            kept = self._tokens[str(rule)] = _Token(str(rule), self._index(account), [])
        kept.holders.append(_Proven(bytes.fromhex(holder[2:]), self._index(proof)))

    def to_bytes(self) -> bytes:
        nodes, tokens = list(self._nodes), list(self._tokens.values())
        evidence = _Evidence(_VERSION, self._header.encoded, self._native, nodes, self._coins, tokens)
        return msgspec.msgpack.encode(evidence)

    def _index(self, proof: Sequence[bytes]) -> list[int]:
        return [self._nodes.setdefault(node, len(self._nodes)) for node in proof]


def verify_stored(evidence: bytes, block_hash: str) -> StoredProof:
    """Every balance the evidence proves for the block of this hash, offline. Raises ProofError unless all hold."""
    try:
        kept = msgspec.msgpack.decode(evidence, type=_Evidence)
        rules = [parse_rule(token.rule) for token in kept.tokens]
    except (ValueError, RecursionError) as error:
        raise ProofError(f"not evidence: {error}") from None
    if kept.version != _VERSION:
        raise ProofError(f"evidence of version {kept.version}")
    header = headers.from_rlp(kept.header, block_hash=block_hash)
    unused = set(range(len(kept.nodes)))

    def nodes(indices: Sequence[int]) -> list[bytes]:
        if not all(0 <= index < len(kept.nodes) for index in indices):
            raise ProofError("evidence refers to a node it lacks")
        unused.difference_update(indices)
        return [kept.nodes[index] for index in indices]

    balances: dict[BalanceKey, int] = {}

    def keep(holder: _Proven, instrument: str, amount: int) -> None:
        key = BalanceKey(_address(holder), Instrument(instrument))
        if key in balances:
            raise ProofError(f"evidence proves {key.address} twice")
        balances[key] = amount

    for holder in kept.coins:
        keep(holder, kept.native, prove_account(header, _raw(holder), nodes(holder.nodes)).balance)
    for token, rule in zip(kept.tokens, rules, strict=True):
        account = prove_account(header, bytes.fromhex(rule.storage[2:]), nodes(token.account))
        if account.code_hash == EMPTY_CODE:
            raise ProofError(f"{rule.storage} is no contract in this block")
        for holder in token.holders:
            word = prove_slot(account, rule.slot(_address(holder)), nodes(holder.nodes))
            keep(holder, _TOKEN_PREFIX + rule.token, rule.amount(word))
    if unused:
        raise ProofError("evidence with nodes that prove nothing")
    return StoredProof(header.height, balances, rules)


def _raw(holder: _Proven) -> bytes:
    if len(holder.address) != 20:
        raise ProofError("an address that is not 20 bytes")
    return holder.address


def _address(holder: _Proven) -> Address:
    return Address("0x" + _raw(holder).hex())
