"""How nodes write numbers, amounts and scripts: Bitcoin Core's own examples, and laws that hold for every value."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.dump.compressed import amount_code, amount_of, key_of, public_key, varint
from chains.utxo.dump.walk import AMOUNT_MAX, CODE_MAX, rank
from tests.chains.dump_files import Key, p2pkh

COIN = 10**8


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, "00"), (127, "7f"), (128, "8000"), (255, "807f"), (256, "8100"), (16383, "fe7f"), (16384, "ff00"),
     (16511, "ff7f"), (16512, "808000"), (65535, "82fe7f"), (2**32, "8efefeff00")],
)  # fmt: skip
def test_numbers_of_serialize_h(number: int, form: str) -> None:
    assert varint(number).hex() == form


@pytest.mark.parametrize(
    ("amount", "code"),
    [(0, 0), (1, 1), (COIN // 100, 7), (COIN, 9), (50 * COIN, 0x32), (21_000_000 * COIN, 0x1406F40)],
)
def test_amounts_of_compress_tests(amount: int, code: int) -> None:
    assert (amount_code(amount), amount_of(code)) == (code, amount)


@given(st.integers(0, AMOUNT_MAX))
def test_an_amount_has_one_code(amount: int) -> None:
    assert amount_of(amount_code(amount)) == amount


@given(st.integers(0, 2**62))
def test_a_code_has_one_amount(code: int) -> None:
    assert amount_code(amount_of(code)) == code


@given(st.lists(st.integers(0, CODE_MAX), min_size=2, unique=True))
def test_outputs_stand_in_the_order_of_their_bytes(outputs: list[int]) -> None:
    by_bytes = sorted(outputs, key=varint)
    assert all(rank(one) < rank(next_one) for one, next_one in pairwise(by_bytes))


def test_scripts_of_compress_tests() -> None:
    key = Key(7)
    digest = bytes(range(20))
    assert key_of(p2pkh(digest)) == b"\0" + digest
    assert key_of(b"\xa9\x14" + digest + b"\x87") == b"\1" + digest
    assert key_of(key.p2pk_short) == key.short
    assert key_of(key.p2pk_long) == bytes([4 | key.long[64] & 1]) + key.long[1:33]
    for plain in (b"", b"\x51", b"\x00\x14" + digest, b"\x41\x04" + bytes(64) + b"\xac", p2pkh(digest) + b"\x51"):
        assert key_of(plain) == varint(len(plain) + 6) + plain


@given(st.integers(1, 2**128))
def test_a_key_comes_back_as_its_script_holds_it(seed: int) -> None:
    key = Key(seed)
    assert public_key(key_of(key.p2pk_short)) == key.short
    assert public_key(key_of(key.p2pk_long)) == key.long
