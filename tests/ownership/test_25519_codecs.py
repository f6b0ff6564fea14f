"""Codecs of these chains: one text per account, every damage seen; and no text at all makes a verifier raise."""

from __future__ import annotations

import base64
from binascii import crc_hqx
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.codec import algorand, antelope, casper, icp, lisk32, sia, ss58, strkey, ton
from chains.codec import starknet as felt
from chains.errors import BadAddress
from chains.ownership.types import OwnershipClaim, Verdict
from tests.ownership.cases import book
from tests.ownership.cases25519 import all_25519_cases

KEYS = st.binary(min_size=32, max_size=32)
CODECS: dict[str, tuple[Callable[[bytes], str], Callable[[str], object], Callable[[bytes], object]]] = {
    "ss58 one byte": (lambda key: ss58.encode(0, key), lambda text: ss58.decode(text, (0,)), bytes),
    "ss58 two bytes": (lambda key: ss58.encode(2135, key), lambda text: ss58.decode(text, (2135,)), bytes),
    "strkey": (strkey.encode, strkey.decode, bytes),
    "algorand": (algorand.encode, algorand.decode, bytes),
    "casper": (casper.encode, casper.decode, casper.account_hash),
    "sia": (sia.encode, sia.decode, bytes),
    "lisk32": (
        lambda key: lisk32.encode("lsk", key[:20]),
        lambda text: lisk32.decode(text, "lsk"),
        lambda key: key[:20],
    ),
    "icp": (
        lambda key: icp.encode_principal(icp.principal_of(key)),
        icp.decode,
        lambda key: icp.account_of(icp.principal_of(key)),
    ),
    "icp account": (lambda key: icp.encode(icp.account_of(key)), icp.decode, icp.account_of),
    "ton": (
        lambda key: ton.encode(ton.TonAddress(0, key), bounceable=False),
        ton.decode,
        lambda key: ton.TonAddress(0, key),
    ),
    "eos key": (lambda key: antelope.encode_key(b"\2" + key), antelope.decode_key, lambda key: b"\2" + key),
    "eos old key": (
        lambda key: antelope.encode_key(b"\3" + key, old=True),
        antelope.decode_key,
        lambda key: b"\3" + key,
    ),
    "eos signature": (
        lambda key: antelope.encode_signature(b"\x1f" + key + key),
        antelope.decode_signature,
        lambda key: b"\x1f" + key + key,
    ),
}
"""Text of 32 bytes, reading it, and what reading must give."""
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_+/: "


@pytest.mark.parametrize("name", CODECS)
@given(key=KEYS)
@settings(max_examples=60)
def test_round_trip(name: str, key: bytes) -> None:
    encode, decode, meaning = CODECS[name]
    assert decode(encode(key)) == meaning(key)


@pytest.mark.parametrize("name", sorted(CODECS.keys() - {"casper"}))
@given(key=KEYS, data=st.data())
@settings(max_examples=150, derandomize=True)  # two bytes of checksum let one damage in 65,536 pass
def test_no_damaged_text_is_read(name: str, key: bytes, data: st.DataObject) -> None:
    encode, decode, _ = CODECS[name]
    text = encode(key)
    at = data.draw(st.integers(0, len(text) - 1))
    damages = {
        *(text[:at] + letter + text[at + 1 :] for letter in data.draw(st.lists(st.sampled_from(LETTERS), max_size=4))),
        text[:at] + text[at + 1 :],
        text[:at] + text[at] + text[at:],
        text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
        text[:at] + text[at].swapcase() + text[at + 1 :],
        text + "\n",
        f" {text}",
        "",
    }
    for damaged in damages - {text, text.lower(), text.upper()}:
        with pytest.raises(BadAddress):
            decode(damaged)


@given(key=KEYS, at=st.integers(0, 65))
def test_the_case_of_casper_keys_is_their_checksum(key: bytes, at: int) -> None:
    text = casper.encode(key)
    damaged = text[:at] + text[at].swapcase() + text[at + 1 :]
    if damaged not in (text, text.lower(), text.upper()):
        with pytest.raises(BadAddress):
            casper.decode(damaged)
    assert casper.decode(text.lower()) == casper.decode(text)


def test_another_network_is_refused() -> None:
    key = bytes(range(32))
    with pytest.raises(BadAddress, match="prefix is 0 or 5 or 42"):
        ss58.decode(ss58.encode(2, key), (0, 5, 42))
    with pytest.raises(BadAddress, match="prefix is 1110"):
        ss58.decode(ss58.encode(2135, key), (1110,))
    with pytest.raises(BadAddress):
        lisk32.decode(lisk32.encode("kly", key[:20]), "lsk")


@pytest.mark.parametrize("flags", [0x91, 0xD1, 0x10, 0x00, 0xFF])
def test_ton_flags(flags: int) -> None:
    body = bytes([flags, 0]) + bytes(32)
    with pytest.raises(BadAddress):
        ton.decode(base64.urlsafe_b64encode(body + crc_hqx(body, 0).to_bytes(2)).decode())


def test_ton_spellings_of_one_account() -> None:
    address = ton.TonAddress(-1, bytes(range(224, 256)))
    text = ton.encode(address, bounceable=True)
    assert {"-", "_"} & set(text)
    assert ton.decode(text) == ton.decode(ton.encode(address, bounceable=False)) == address
    assert ton.decode(text.replace("-", "+").replace("_", "/")) == address
    assert ton.decode(f"-1:{address.hash.hex()}") == ton.decode(f"-1:{address.hash.hex().upper()}") == address
    for spoiled in (f"1:{address.hash.hex()}", f"-01:{address.hash.hex()}", f"-1:{address.hash.hex()[:-1]}A"):
        with pytest.raises(BadAddress):
            ton.decode(spoiled)


@pytest.mark.parametrize("text", ["0x0", "0x1", "0x" + "0" * 64, "0x" + "f" * 64, "0X12", "12", "0x012", "0x1A", ""])
def test_no_starknet_address(text: str) -> None:
    with pytest.raises(BadAddress):
        felt.decode(text)


@pytest.mark.parametrize("text", ["", ".", "a.", "A", "a6", "a0", "abcdefghijklmn", "aaaaaaaaaaaaz", "a b"])
def test_no_account_name(text: str) -> None:
    with pytest.raises(BadAddress):
        antelope.check_name(text)


CASES = all_25519_cases()
CELLS = st.one_of(
    st.text(max_size=150),
    st.text(st.sampled_from(LETTERS), max_size=150),
    st.sampled_from([text for case in CASES for text in case.claim]),
    st.binary(max_size=100).map(lambda raw: "0x" + raw.hex()),
    st.sampled_from([32, 48, 64, 96]).flatmap(lambda size: st.binary(min_size=size, max_size=size).map(bytes.hex)),
)


@given(coin=st.sampled_from([case.coin for case in CASES]), cells=st.tuples(*[CELLS] * 7))
@settings(max_examples=1_500)
def test_garbage_always_has_a_verdict(coin: str, cells: tuple[str, ...]) -> None:
    assert book().verify(coin, "", OwnershipClaim(*cells)).verdict in Verdict
