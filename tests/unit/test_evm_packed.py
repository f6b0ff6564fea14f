"""The packed reader without a node: its code, its codec, Multicall3's codec."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from eth_abi import abi
from hypothesis import given
from hypothesis import strategies as st

from chains.codec.evm_address import keccak256
from chains.errors import TooLarge
from chains.evm import multicall, packed, reader_asm, reader_code
from chains.evm.packed import ADDRESS, FAILED, NATIVE, SHORT, WIDE, Context, WayFailed

CONTEXT = Context(chain=1, number=2**40, time=1_700_000_000, parent=b"\x07" * 32)
LIMIT = 2**128 - 3  # the first value that the reader cannot write
addresses = st.binary(min_size=ADDRESS, max_size=ADDRESS)
amounts = st.one_of(st.integers(0, 2**256 - 1), st.integers(LIMIT - 3, 2**128 + 3), st.integers(0, 10))


def table(holders: list[bytes]) -> packed.Bytes:
    return np.frombuffer(b"".join(holders), np.uint8).reshape(-1, ADDRESS)


# ---- the code


def test_the_source_assembles_to_what_is_shipped() -> None:
    assert reader_asm.reader("override") == reader_code.OVERRIDE
    assert reader_asm.reader("initcode") == reader_code.INITCODE


@pytest.mark.parametrize("code", [reader_code.OVERRIDE, reader_code.INITCODE])
def test_no_push0_and_every_jump_lands(code: bytes) -> None:
    at, opcodes, targets, pushed = 0, {}, set(), -1
    while at < len(code):
        opcodes[at] = code[at]
        size = code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0
        if code[at] in (0x56, 0x57):  # every jump follows the push of its target
            targets.add(pushed)
        pushed = int.from_bytes(code[at + 1 : at + 1 + size], "big")
        at += 1 + size
    assert at == len(code)
    assert 0x5F not in opcodes.values()
    landings = {place for place, opcode in opcodes.items() if opcode == 0x5B}
    assert targets <= landings


def test_an_unknown_word_is_no_program() -> None:
    with pytest.raises(KeyError):
        reader_asm.assemble("PUSH0")


# ---- its payload and answer


@given(st.lists(addresses, min_size=1, max_size=4), st.lists(addresses, min_size=1, max_size=9))
def test_the_payload_is_what_the_reader_takes_apart(tokens: list[bytes], holders: list[bytes]) -> None:
    payload = packed.payload(tokens, table(holders))
    assert payload[0] == len(tokens)
    parts = [payload[at : at + ADDRESS] for at in range(1, len(payload), ADDRESS)]
    assert parts == [*tokens, *holders]


def written(values: list[int], *, done: int, context: Context = CONTEXT) -> bytes:
    head = b"".join(number.to_bytes(8, "big") for number in (*context[:3], done)) + context.parent
    return head + b"".join(min(value, LIMIT).to_bytes(16, "big") for value in values)


@given(st.integers(1, 4), st.integers(0, 9), st.integers(0, 3), st.data())
def test_the_answer_is_read_as_written(tokens: int, done: int, more: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(amounts, min_size=done * tokens, max_size=done * tokens))
    answer = packed.decode(written(values, done=done), tokens=tokens, addresses=done + more)
    assert answer.context == CONTEXT
    assert answer.words.shape == (done, tokens, 16)
    words = answer.words.reshape(-1, 16)
    odd = packed.are_sentinels(words).tolist()
    assert odd == [value >= LIMIT for value in values], "all that is no balance, and all that is too wide"
    assert [int.from_bytes(word.tobytes(), "big") for word in words] == [min(value, LIMIT) for value in values]


def test_sentinels_are_sentinels() -> None:
    words = np.frombuffer(FAILED + SHORT + WIDE + (LIMIT - 1).to_bytes(16, "big") + bytes(16), np.uint8).reshape(-1, 16)
    assert packed.are_sentinels(words).tolist() == [True, True, True, False, False]
    assert int.from_bytes(WIDE, "big") == LIMIT


@given(st.binary(max_size=200), st.integers(1, 3), st.integers(1, 3))
def test_no_bytes_of_another_length_are_an_answer(raw: bytes, tokens: int, holders: int) -> None:
    try:
        answer = packed.decode(raw, tokens=tokens, addresses=holders)
    except WayFailed:
        return
    assert len(raw) == 64 + 16 * tokens * len(answer.words)
    assert len(answer.words) <= holders


def test_nothing_and_more_than_asked_are_no_answers() -> None:
    for raw in (b"", b"\0" * 32, written([1, 2], done=2), written([1], done=0), written([], done=1)):
        with pytest.raises(WayFailed):
            packed.decode(raw, tokens=1, addresses=1)


# ---- Multicall3


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def test_selectors() -> None:
    assert selector("aggregate3((address,bool,bytes)[])") == multicall.AGGREGATE3
    names = ("getChainId", "getBlockNumber", "getCurrentBlockTimestamp", "getLastBlockHash")
    told = (multicall.CHAIN_ID, multicall.NUMBER, multicall.TIME, multicall.PARENT)
    assert tuple(selector(f"{name}()") for name in names) == told
    assert selector("getEthBalance(address)") == multicall.ETH_BALANCE
    assert selector("balanceOf(address)") == multicall.BALANCE_OF


CONTRACT = bytes.fromhex(multicall.ADDRESS[2:])


@given(st.lists(addresses, min_size=1, max_size=3), st.lists(addresses, min_size=1, max_size=5))
def test_calls_are_encoded_as_the_abi_says(tokens: list[bytes], holders: list[bytes]) -> None:
    payload = multicall.payload(tokens, table(holders), contract=CONTRACT)
    assert payload[:4] == multicall.AGGREGATE3
    (calls,) = abi.decode(["(address,bool,bytes)[]"], payload[4:])
    own = "0x" + CONTRACT.hex()
    first = [(own, True, told) for told in (multicall.CHAIN_ID, multicall.NUMBER, multicall.TIME)]
    balances = [
        (own, True, multicall.ETH_BALANCE + bytes(12) + holder)
        if token == NATIVE
        else ("0x" + token.hex(), True, multicall.BALANCE_OF + bytes(12) + holder)
        for holder in holders
        for token in tokens
    ]
    assert list(calls) == [*first, *balances, (own, True, multicall.PARENT)]


def returned(results: list[tuple[bool, bytes]], last: tuple[bool, bytes] = (True, CONTEXT.parent)) -> bytes:
    first = [(True, number.to_bytes(32, "big")) for number in CONTEXT[:3]]
    return abi.encode(["(bool,bytes)[]"], [[*first, *results, last]])


def meant(result: tuple[bool, bytes]) -> bytes:
    success, data = result
    if not success:
        return FAILED
    if len(data) < 32:
        return SHORT
    return WIDE if any(data[:16]) else data[16:32]


data_of_any_length = st.one_of(st.binary(max_size=70), amounts.map(lambda number: number.to_bytes(32, "big")))


@given(st.lists(st.tuples(st.booleans(), data_of_any_length), min_size=1, max_size=16))
def test_results_of_every_length_are_told_apart(results: list[tuple[bool, bytes]]) -> None:
    answer = multicall.decode(returned(results), tokens=1, addresses=len(results))
    assert answer.context == CONTEXT
    assert [word.tobytes() for word in answer.words.reshape(-1, 16)] == list(map(meant, results))


def test_want_of_gas_is_not_the_tokens_failure() -> None:
    with pytest.raises(TooLarge, match="gas ran out"):
        multicall.decode(returned([(True, bytes(32))], last=(False, b"")), tokens=1, addresses=1)
    half = [(index % 2 == 0, bytes(32)) for index in range(100)]
    assert len(multicall.decode(returned(half), tokens=1, addresses=100).words) == 100
    with pytest.raises(TooLarge, match="perhaps for want of gas"):
        multicall.decode(returned([(index < 40, bytes(32)) for index in range(100)]), tokens=1, addresses=100)


@given(st.data())
def test_a_broken_answer_of_multicall3_never_crashes(data: st.DataObject) -> None:
    raw = bytearray(returned([(True, bytes(32))] * 3))
    at = data.draw(st.integers(0, len(raw) // 32 - 1)) * 32
    raw[at : at + 32] = data.draw(st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 999).map(_word)))
    with suppress(WayFailed, TooLarge):
        multicall.decode(bytes(raw[: data.draw(st.sampled_from([None, -1, -32, 32, 0]))]), tokens=1, addresses=3)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
