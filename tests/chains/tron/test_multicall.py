"""The bytes of aggregate3, there and back; an answer that lies about its own shape is never believed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Malformed, TooLarge
from chains.tron import multicall

SELF, TOKEN, HOLDER = (bytes([number]) * 20 for number in (1, 2, 3))
TYPE = "(address,bool,bytes)[]"
PARENT = bytes(range(32))


def answer(*returned: bytes | None, number: object = 7, time: object = 9, parent: bytes | None = PARENT) -> bytes:
    words = [value.to_bytes(32, "big") if isinstance(value, int) else value for value in (number, time)]
    results = [*words, *returned, parent]
    return abi_encode(["(bool,bytes)[]"], [[(each is not None, each or b"") for each in results]])


def test_the_arguments_are_what_an_abi_library_makes_of_them() -> None:
    questions = [multicall.coins(HOLDER), multicall.tokens(TOKEN, HOLDER), multicall.decimals(TOKEN)]
    (calls,) = abi_decode([TYPE], multicall.encode(questions, multicall=SELF))
    own = "0x" + SELF.hex()
    assert [(target, may_fail) for target, may_fail, _ in calls] == [
        (own, True),
        (own, True),
        (own, True),
        ("0x" + TOKEN.hex(), True),
        ("0x" + TOKEN.hex(), True),
        (own, True),
    ]
    assert [data[:4].hex() for _, _, data in calls] == [
        *("42cbb15c", "0f28c97d", "4d2301cc", "70a08231", "313ce567", "27e86d6e")
    ]
    assert calls[3][2][4:] == HOLDER.rjust(32, b"\0")
    assert multicall.encode(questions, multicall=SELF) == abi_encode([TYPE], [list(calls)])


def test_answers_come_back_in_order() -> None:
    found = multicall.decode(answer(b"x" * 32, None, b"", b"yy"), count=4)
    assert found.returned == [b"x" * 32, None, b"", b"yy"]
    assert (found.height, found.parent, found.time) == (7, PARENT.hex(), datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC))


def test_where_the_last_call_failed_energy_ran_out() -> None:
    with pytest.raises(TooLarge):
        multicall.decode(answer(b"", parent=None), count=1)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(31),
        bytes(320),
        answer(b""),
        answer(b"", b"", b""),
        answer(b"", b"", number=None),
        answer(b"", b"", time=b"short"),
        answer(b"", b"", parent=b""),
    ],
)
def test_what_is_no_answer_to_two_questions_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        multicall.decode(raw, count=2)


@given(raw=st.binary(max_size=400))
def test_noise_is_refused(raw: bytes) -> None:
    with suppress(TooLarge), pytest.raises(Malformed):
        multicall.decode(raw, count=2)


@given(at=st.integers(0, 31), value=st.integers(0, 2**256 - 1), data=st.lists(st.binary(max_size=64), max_size=2))
def test_an_answer_with_any_word_replaced_is_refused_or_of_the_right_shape(
    at: int, value: int, data: list[bytes]
) -> None:
    raw = answer(*data)
    bent = raw[: 32 * at] + value.to_bytes(32, "big") + raw[32 * (at + 1) :]
    with suppress(Malformed, TooLarge):
        assert len(multicall.decode(bent, count=len(data)).returned) == len(data)
