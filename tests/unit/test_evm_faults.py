"""What a refusal is about, in the literal words of nodes; every word of the patterns is needed by one of them."""

from __future__ import annotations

import re

import pytest

from chains.errors import Pruned, RpcFault
from chains.evm import faults

EXECUTION = [
    "execution reverted",
    "VM Exception while processing transaction: revert",
    "invalid opcode: INVALID",
    "EVM error StackOverflow",
    "VM execution error.",
    "out of gas",
    "OutOfGas",
    "stack underflow (0 <=> 1)",
    "stack overflow",
    "invalid jump destination",
    "write protection",
    "invalid code: must not begin with 0xef",
]
BLOCK = [
    "missing trie node 5d2b (path )",
    "historical state 5d2b is not available",
    "header not found",
    "header for hash not found",
    "hash 0x12 is not currently canonical",
    "block not found",
    "requested resource not found",
    "unknown block",
    "state already discarded: state of block 7 unavailable",
    "state 0x5d2b is not available",
    "pruned history unavailable",
]
GAS = [
    "out of gas",
    "OutOfGas",
    "gas required exceeds allowance (50000000)",
    "intrinsic gas too low: have 50000000, want 64021000",
    "tx gas limit 60000000 exceeds block gas limit 50000000",
]
NONE = ["nonce too low", "execution timed out", "unpruning", "too many arguments, want at most 2", "gasoline"]
ALL = [(faults._EXECUTION, EXECUTION), (faults._BLOCK, BLOCK), (faults._GAS, GAS)]


def said(message: str) -> RpcFault:
    return RpcFault(-32000, message)


@pytest.mark.parametrize("message", EXECUTION)
def test_the_evm_ran_and_the_contract_failed(message: str) -> None:
    assert faults.is_execution(said(message))


@pytest.mark.parametrize("message", BLOCK)
def test_the_node_lacks_the_block_or_its_state(message: str) -> None:
    assert faults.is_block(said(message))
    assert not faults.is_execution(said(message))


@pytest.mark.parametrize("message", GAS)
def test_the_gas_was_not_enough(message: str) -> None:
    assert faults.is_gas(said(message))
    assert not faults.is_block(said(message))


@pytest.mark.parametrize("message", NONE)
def test_neither(message: str) -> None:
    fault = said(message)
    assert [faults.is_execution(fault), faults.is_block(fault), faults.is_gas(fault)] == [False] * 3


def test_codes_and_types_say_it_too() -> None:
    assert faults.is_execution(RpcFault(3, "x"))
    assert faults.is_execution(RpcFault(-32015, "x"))
    assert faults.is_block(Pruned(0, "x"))


@pytest.mark.parametrize(("pattern", "messages"), ALL)
def test_no_alternative_is_without_its_words(pattern: re.Pattern[str], messages: list[str]) -> None:
    alternatives = re.split(r"\|(?![^(]*\))", pattern.pattern)
    for index in range(len(alternatives)):
        rest = re.compile("|".join(alternatives[:index] + alternatives[index + 1 :]), re.IGNORECASE)
        assert not all(rest.search(message) for message in messages), alternatives[index]
