"""From a proven header to an account, and from an account to a storage slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.codec.evm_address import keccak256
from chains.evm.proof import rlp
from chains.evm.proof.errors import ProofError
from chains.evm.proof.header import Dialect, Header
from chains.evm.proof.trie import EMPTY_ROOT, lookup

EMPTY_CODE = keccak256(b"")


@dataclass(frozen=True, slots=True)
class Account:
    """``balance`` in wei; ``storage_root`` and ``code_hash`` 32 bytes."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes
    dialect: Dialect


def prove_account(header: Header, address: bytes, proof: Sequence[bytes]) -> Account:
    """The account at a 20-byte address; an absent one is proven absent and reads as empty. Raises ProofError."""
    value = lookup(header.state_root, keccak256(address), proof)
    if value is None:
        return Account(0, 0, EMPTY_ROOT, EMPTY_CODE, header.dialect)
    parts = rlp.items(value)
    if header.dialect is Dialect.AVALANCHE and len(parts) == 5:
        if parts.pop() not in (b"\x80", b"\x01"):  # whether it holds Avalanche native tokens
            raise ProofError("the fifth field of an Avalanche account is not a flag")
    elif header.dialect is Dialect.AVALANCHE or len(parts) != 4:
        raise ProofError(f"an account of {len(parts)} fields")
    storage_root, code_hash = rlp.text(parts[2]), rlp.text(parts[3])
    if len(storage_root) != 32 or len(code_hash) != 32:
        raise ProofError("an account whose roots are not 32 bytes")
    nonce, balance = rlp.number(parts[0], bytes_max=8), rlp.number(parts[1], bytes_max=32)
    return Account(nonce, balance, storage_root, code_hash, header.dialect)


def prove_slot(account: Account, slot: bytes, proof: Sequence[bytes]) -> int:
    """The 32-byte word in a storage slot; an absent slot is proven absent and reads as 0. Raises ProofError."""
    value = lookup(account.storage_root, keccak256(trie_key(slot, account.dialect)), proof)
    return 0 if value is None else rlp.number(value, bytes_max=32)


def trie_key(slot: bytes, dialect: Dialect) -> bytes:
    """The key a slot is kept under. Avalanche clears one bit, to keep contract storage apart from native tokens."""
    if dialect is Dialect.AVALANCHE:
        return bytes([slot[0] & 0xFE]) + slot[1:]
    return slot
