"""What a node says becomes an exact integer or a named reason: never zero by default (faults 7, 8, 19)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Pruned, RpcFault
from chains.evm import faults
from chains.evm.balances import decode
from chains.evm.wire import quantity, word
from chains.types import UINT256_END, Failure, Reason

uint256 = st.integers(0, UINT256_END - 1)
WORD = "0" * 63 + "7"


@given(uint256)
def test_every_uint256_survives(number: int) -> None:
    assert quantity(hex(number)) == number
    assert word(f"0x{number:064x}") == number


@given(uint256, st.binary(max_size=100))
def test_a_longer_return_is_read_as_its_first_word(number: int, rest: bytes) -> None:
    assert word(f"0x{number:064x}{rest.hex()}") == number


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, Reason.EMPTY),
        ("0x", Reason.EMPTY),
        ("", Reason.MALFORMED),
        ("0", Reason.MALFORMED),
        (0, Reason.MALFORMED),
        (0.0, Reason.MALFORMED),
        (False, Reason.MALFORMED),
        ([], Reason.MALFORMED),
        ({}, Reason.MALFORMED),
        ("12", Reason.MALFORMED),
        ("0x1_0", Reason.MALFORMED),
        ("0x 1", Reason.MALFORMED),
        ("0x-1", Reason.MALFORMED),
        ("-0x1", Reason.MALFORMED),
        ("0xg", Reason.MALFORMED),
        ("0x1\n", Reason.MALFORMED),
        ("0x٣", Reason.MALFORMED),
        (hex(UINT256_END), Reason.OUT_OF_RANGE),
        ("0x" + "f" * 65, Reason.OUT_OF_RANGE),
    ],
)
def test_what_is_no_quantity(answer: object, reason: Reason) -> None:
    failure = quantity(answer)
    assert isinstance(failure, Failure)
    assert failure.reason is reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, Reason.EMPTY),
        ("0x", Reason.EMPTY),
        ("", Reason.MALFORMED),
        (7, Reason.MALFORMED),
        ([], Reason.MALFORMED),
        ("0x00", Reason.MALFORMED),
        ("0x" + WORD[:-1], Reason.MALFORMED),
        ("0x" + WORD[:-2], Reason.MALFORMED),
        ("0x" + WORD + "0", Reason.MALFORMED),
        ("0x" + WORD + "zz", Reason.MALFORMED),
        ("0x" + WORD[:-1] + "_", Reason.MALFORMED),
        (WORD, Reason.MALFORMED),
    ],
)
def test_what_is_no_word(answer: object, reason: Reason) -> None:
    failure = word(answer)
    assert isinstance(failure, Failure)
    assert failure.reason is reason


EXECUTION = [
    (3, "execution reverted"),
    (3, "execution reverted: blacklisted"),
    (-32000, "execution reverted"),
    (-32015, "VM execution error."),
    (-32000, "invalid opcode: INVALID"),
    (-32603, "EVM error InvalidFEOpcode"),
    (-32603, "EVM error OutOfGas"),
    (-32000, "out of gas"),
    (-32000, "stack underflow (0 <=> 1)"),
    (-32000, "invalid jump destination"),
]
BLOCK = [
    (-32000, "missing trie node d0ec (path ) state 0xabc is not available"),
    (-32000, "historical state 9aad is not available"),
    (-32000, "header not found"),
    (-32000, "header for hash not found"),
    (-32000, "hash is not currently canonical"),
    (-32001, "Resource not found"),
    (-32001, "block not found: hash 0x12"),
    (-32000, "required historical state unavailable (reexec=128)"),
    (4444, "pruned history unavailable"),
]
NEITHER = [
    (-32601, "the method eth_call does not exist/is not available"),
    (-32602, "invalid argument 1"),
    (-32603, "Internal error"),
]


@pytest.mark.parametrize(("code", "message"), EXECUTION)
def test_a_failing_contract(code: int, message: str) -> None:
    fault = RpcFault(code, message)
    assert faults.is_execution(fault)
    assert not faults.is_block(fault)
    failure = decode(fault, native=False)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REVERTED


@pytest.mark.parametrize(("code", "message"), BLOCK)
def test_a_block_the_node_lacks(code: int, message: str) -> None:
    fault = RpcFault(code, message)
    assert faults.is_block(fault)
    assert not faults.is_execution(fault)
    assert faults.is_block(Pruned(0, "whatever the words"))


@pytest.mark.parametrize(("code", "message"), NEITHER)
def test_a_refusal_of_another_kind(code: int, message: str) -> None:
    fault = RpcFault(code, message)
    assert not faults.is_block(fault)
    assert not faults.is_execution(fault)
    failure = decode(fault, native=True)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFUSED


def test_the_words_of_a_contract_are_cut_short() -> None:
    failure = decode(RpcFault(3, "execution reverted: " + "x" * 100_000), native=False)
    assert isinstance(failure, Failure)
    assert len(failure.detail) == 200
