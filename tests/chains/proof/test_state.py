"""Accounts and words that are in the trie and yet are none."""

from __future__ import annotations

import pytest

from chains.codec.evm_address import keccak256
from chains.evm.proof.errors import ProofError
from chains.evm.proof.evidence import Collector, verify_stored
from chains.evm.proof.header import Dialect, Header, from_json
from chains.evm.proof.slots import Layout, SlotRule
from chains.evm.proof.state import Account, prove_account, prove_slot
from chains.evm.proof.trie import EMPTY_ROOT
from chains.types import Address, Instrument
from tests.chains.proof.model import HEIGHT, Holding, ModelNode
from tests.chains.proof.tries import Node, Trie, rlp

ADDRESS = b"\x11" * 20
ROOT, CODE = b"\x22" * 32, b"\x33" * 32


def read(fields: Node, dialect: Dialect) -> Account:
    path = keccak256(ADDRESS)
    trie = Trie({path: rlp(fields)})
    return prove_account(Header(1, trie.root, dialect, b""), ADDRESS, trie.prove(path))


@pytest.mark.parametrize(
    ("dialect", "more"), [(Dialect.ETHEREUM, []), (Dialect.AVALANCHE, [b""]), (Dialect.AVALANCHE, [b"\1"])]
)
def test_accounts(dialect: Dialect, more: list[Node]) -> None:
    assert read([b"\5", b"\xff" * 32, ROOT, CODE, *more], dialect) == Account(5, 2**256 - 1, ROOT, CODE, dialect)


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        (Dialect.ETHEREUM, [b"\5", b"\6", ROOT, CODE, b"\1"]),
        (Dialect.ETHEREUM, [b"\5", b"\6", ROOT]),
        (Dialect.AVALANCHE, [b"\5", b"\6", ROOT, CODE]),
        (Dialect.AVALANCHE, [b"\5", b"\6", ROOT, CODE, b"\2"]),
        (Dialect.AVALANCHE, [b"\5", b"\6", ROOT, CODE, b"\1", b"\1"]),
        (Dialect.ETHEREUM, [b"\5", b"\0\6", ROOT, CODE]),
        (Dialect.ETHEREUM, [b"\5", b"\1" * 33, ROOT, CODE]),
        (Dialect.ETHEREUM, [b"\1" * 9, b"\6", ROOT, CODE]),
        (Dialect.ETHEREUM, [b"\5", b"\6", ROOT[1:], CODE]),
        (Dialect.ETHEREUM, [b"\5", b"\6", ROOT, b""]),
        (Dialect.ETHEREUM, [b"\5", [b"\6"], ROOT, CODE]),
        (Dialect.ETHEREUM, b"\5" * 70),
    ],
)
def test_what_is_no_account(dialect: Dialect, fields: Node) -> None:
    with pytest.raises(ProofError):
        read(fields, dialect)


@pytest.mark.parametrize("value", [b"\0\1", b"\1" * 33, [b"\1"]])
def test_what_is_no_word(value: Node) -> None:
    slot = bytes(32)
    trie = Trie({keccak256(slot): rlp(value)})
    with pytest.raises(ProofError):
        prove_slot(Account(0, 0, trie.root, CODE, Dialect.ETHEREUM), slot, trie.prove(keccak256(slot)))


def test_evidence_of_a_token_without_code_is_refused() -> None:
    token, holder = Address("0x" + "70" * 20), Address("0x" + "71" * 20)
    node = ModelNode({token: Holding(nonce=1)})
    header = from_json(node.header, block_hash=node.block.hash, height=HEIGHT)
    collector = Collector(header, Instrument("slip44:60"))
    rule = SlotRule(token, token, Layout.SOLIDITY, 0, 0, 256, 1)
    assert node.storage[token].root == EMPTY_ROOT
    collector.token(rule, node.accounts.prove(keccak256(bytes.fromhex(token[2:]))), holder, [])
    with pytest.raises(ProofError, match="no contract"):
        verify_stored(collector.to_bytes(), node.block.hash)
