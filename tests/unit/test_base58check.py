"""Base58Check against python-bitcoinlib, and against every single wrong character."""

from __future__ import annotations

import pytest
from bitcoin.base58 import CBase58Data  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from chains.codec import base58check
from chains.errors import BadAddress

GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
PAYLOADS = st.binary(min_size=1, max_size=40) | st.binary(min_size=1, max_size=30).map(lambda tail: bytes(3) + tail)


def test_the_first_address_of_all() -> None:
    assert base58check.decode(GENESIS).hex() == "0062e907b15cbf27d5425399ebf6f0fb50ebb88f18"


@given(PAYLOADS)
def test_round_trip_and_the_reference_agree(payload: bytes) -> None:
    text = base58check.encode(payload)
    assert base58check.decode(text) == payload
    assert text == str(CBase58Data.from_bytes(payload[1:], payload[0]))
    oracle = CBase58Data(text)
    assert bytes([oracle.nVersion, *oracle]) == payload


@given(PAYLOADS, st.data())
def test_one_wrong_character_is_refused(payload: bytes, data: st.DataObject) -> None:
    text = base58check.encode(payload)
    position = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(base58check.ALPHABET.replace(text[position], "")))
    with pytest.raises(BadAddress):
        base58check.decode(text[:position] + letter + text[position + 1 :])


@given(st.text(max_size=60))
def test_any_text_is_decoded_to_itself_or_refused(text: str) -> None:
    try:
        payload = base58check.decode(text)
    except BadAddress:
        return
    assert base58check.encode(payload) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 characters"),
        ("1" * 200, "200 characters"),
        (GENESIS[:-1] + "0", "'0' is not in the Base58 alphabet"),
        (GENESIS + " ", "' ' is not in the Base58 alphabet"),
        ("\u0410" + GENESIS[1:], "is not in the Base58 alphabet"),  # a Cyrillic capital A
        (GENESIS[:-1] + "b", "checksum"),
        ("1" + GENESIS, "checksum"),
        (GENESIS[1:], "checksum"),
        ("11111", "checksum"),
    ],
)
def test_the_reason_is_named(text: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        base58check.decode(text)
