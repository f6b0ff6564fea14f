"""Bags of cells: what TON's own library wrote, what we wrap ourselves, and what is none."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.codec.ton_boc import root_bits
from chains.codec.ton_cell import BITS_MAX, uint
from chains.errors import Malformed
from tests.chains.harness_ton import bag

EMPTY = "te6cckEBAQEAAgAAAEysuc0="  # of a message without a body, as toncenter prints it
COMMENT = "te6cckEBAQEAEAAAHAAAAAAxOTg1NTk3NjUxSmLi/w=="  # as toncenter prints it
WITH_REFERENCE = "te6cckEBAgEAEAABAoABABAAAAAAqr3erQ=="


def test_bodies_that_toncenter_printed() -> None:
    assert root_bits(base64.b64decode(EMPTY)) == ""
    bits = root_bits(base64.b64decode(COMMENT))
    assert bits == uint(0, 32) + "".join(uint(byte, 8) for byte in b"1985597651")


@given(st.text("01", max_size=BITS_MAX))
def test_bits_come_back(bits: str) -> None:
    assert root_bits(bag(bits)) == bits


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: bytes.fromhex("b5ee9c72") + tail))
def test_garbage_is_malformed_or_bits(garbage: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert set(root_bits(garbage)) <= {"0", "1"}


@given(st.text("01", max_size=BITS_MAX), st.data())
def test_a_bag_that_is_cut_short_is_malformed(bits: str, data: st.DataObject) -> None:
    whole = bag(bits)
    with pytest.raises(Malformed):
        root_bits(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_cell_that_is_not_ordinary_or_not_first_is_malformed() -> None:
    good = bytearray(bag(uint(5, 8)))
    for place, value in ((7, 2), (8, 1), (10, 1), (11, 8)):  # two roots, one absent, root not first, exotic
        bad = bytearray(good)
        bad[place] = value
        with pytest.raises(Malformed):
            root_bits(bytes(bad))
