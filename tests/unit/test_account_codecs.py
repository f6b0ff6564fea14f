"""Account addresses: known texts, round trips, one spelling, and no changed letter that still reads as another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.codec import (
    base32bch,
    base58,
    bech32_bytes,
    c32check,
    cardano,
    cashaddr,
    conflux,
    filecoin,
    move,
    nuls,
    ripple,
)
from chains.codec.hashes import blake2b
from chains.errors import BadAddress

Codec = tuple[Callable[[bytes], str], Callable[[str], bytes]]

CODECS: dict[str, Codec] = {
    "bech32": (
        lambda raw: bech32_bytes.encode("cosmos", raw),
        lambda text: bech32_bytes.decode(text, "cosmos", size=20),
    ),
    "cashaddr": (
        lambda raw: cashaddr.encode("p2sh", raw, "bitcoincash"),
        lambda text: cashaddr.decode(text, ("bitcoincash",))[1],
    ),
    "conflux": (lambda raw: conflux.encode(b"\x10" + raw[1:]), conflux.decode),
    "f1": (lambda raw: filecoin.encode(raw, "f1"), lambda text: filecoin.decode(text, "f1")),
    "f410f": (lambda raw: filecoin.encode(raw, "f410f"), lambda text: filecoin.decode(text, "f410f")),
    "ripple": (ripple.encode, ripple.decode),
    "stacks": (lambda raw: c32check.encode(22, raw), lambda text: c32check.decode(text)[1]),
    "nuls": (nuls.encode, nuls.decode),
}
PAYLOADS = st.binary(min_size=20, max_size=20)
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ: -\u0430\u0131"


@pytest.mark.parametrize("name", CODECS)
@given(payload=PAYLOADS)
def test_round_trip(name: str, payload: bytes) -> None:
    encode, decode = CODECS[name]
    if name == "conflux":
        payload = b"\x10" + payload[1:]
    assert decode(encode(payload)) == payload


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=25)
@given(payload=PAYLOADS, leading=st.integers(0, 3))
def test_no_changed_letter_is_another_address(name: str, payload: bytes, leading: int) -> None:
    encode, decode = CODECS[name]
    text = encode(bytes(leading) + payload[leading:])
    changed = [text[:at] + letter + text[at + 1 :] for at in range(len(text)) for letter in LETTERS[at % 5 :: 5]]
    changed += [text[:at] + text[at + 1 :] for at in range(len(text))] + [text + text[-1], text + " ", " " + text]
    changed += [text[: at + 1] + text[at] + text[at + 1 :] for at in range(len(text))]
    for mutant in changed:
        if mutant == text or (name == "cashaddr" and mutant == text.partition(":")[2]):
            continue
        try:
            read = decode(mutant)
        except BadAddress:
            continue
        assert name == "nuls", mutant  # its checksum is a single byte: then at least it is another account
        assert read != decode(text)


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=300)
@given(text=st.text(max_size=140) | st.text(alphabet=LETTERS, max_size=80))
def test_garbage_is_refused_by_name(name: str, text: str) -> None:
    for shown in (text, CODECS[name][0](bytes(20))[:7] + text):
        with pytest.raises(BadAddress):
            CODECS[name][1](shown)


def test_known_addresses() -> None:
    digest = bytes.fromhex("76a04053bda0a88bda5177b86a15c3b29f559873")
    cash = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    for text in (cash, cash.upper(), cash.partition(":")[2]):
        assert cashaddr.decode(text, ("ecash", "bitcoincash")) == ("p2pkh", digest)
    key = bytes([4, 148, 2, 250, 195, 126, 100, 50, 164, 22, 163, 160, 202, 84, 38, 181, 24, 90, 179, 178, 79, 97, 52])
    key += bytes([239, 162, 92, 228, 135, 200, 45, 46, 78, 19, 191, 69, 37, 17, 224, 210, 36, 84, 33, 248, 97, 59, 193])
    key += bytes([13, 114, 250, 33, 102, 102, 169, 108, 59, 193, 57, 32, 211, 255, 35, 63, 208, 188, 5])
    assert filecoin.encode(blake2b(key, 20), "f1") == "f15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq"
    user = bytes.fromhex("1a2f80341409639ea6a35bbcab8299066109aa55")
    assert conflux.encode(user) == "cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg"
    assert conflux.decode("CFX:TYPE.USER:AARC9ABYCUE0HHZGYRR53M6CXEDGCCRMMYYBJGH4XG") == user
    assert c32check.decode("SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7") == (
        22,
        bytes.fromhex("a46ff88886c2ef9762d970b4d2c63678835bd39d"),
    )
    assert nuls.decode("NULSd6HgXY3zLvEoCRUa6yFXwpnF8gqrDeToT").hex() == "3ba3e3c56062266262514c74fafb01852af99fec"
    assert ripple.decode("rrrrrrrrrrrrrrrrrrrrBZbvji") == bytes(19) + b"\1"
    assert base58.decode(base58.encode(b"\0\0\1\2")) == b"\0\0\1\2"


@pytest.mark.parametrize(
    ("decode", "text"),
    [
        (CODECS["conflux"][1], "cfx:type.contract:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg"),
        (CODECS["conflux"][1], "cfxtest:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg"),
        (CODECS["conflux"][1], "aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg"),
        (CODECS["cashaddr"][1], "bchtest:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        (CODECS["cashaddr"][1], "BitcoinCash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        (
            CODECS["cashaddr"][1],
            "bitcoincash:" + base32bch.encode(b"\0" * 20, prefix="bitcoincash", alphabet=LETTERS[:32]),
        ),
        (CODECS["bech32"][1], bech32_bytes.encode("osmo", bytes(20))),
        (CODECS["bech32"][1], bech32_bytes.encode("cosmos", bytes(32))),
        (CODECS["stacks"][1], "sp2j6zy48gv1ez5v2v5rb9mp66sw86pykknrv9ej7"),
        (CODECS["f1"][1], "f2" + filecoin.encode(bytes(20), "f1")[2:]),
        (CODECS["f1"][1], "t1" + filecoin.encode(bytes(20), "f1")[2:]),
    ],
)
def test_other_networks_and_spellings_are_refused(decode: Callable[[str], bytes], text: str) -> None:
    with pytest.raises(BadAddress):
        decode(text)


BECH32_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@settings(max_examples=25)
@given(payment=PAYLOADS, kind=st.sampled_from(["f1", "f2", "f410f"]), number=st.integers(0, 2**63 - 1))
def test_every_kind_of_filecoin_address(payment: bytes, kind: str, number: int) -> None:
    filecoin.check(filecoin.encode(payment, kind))
    filecoin.check(filecoin.encode(payment + payment + bytes(8), "f3"))
    filecoin.check(f"f0{number}")
    for bad in (f"f00{number}", f"t0{number}", f"f0{number} ", f"f0{2**63 + number}", "f4" + "a" * 39, "f0", ""):
        with pytest.raises(BadAddress):
            filecoin.check(bad)


@settings(max_examples=25)
@given(payment=st.binary(min_size=28, max_size=28), stake=st.binary(min_size=28, max_size=28), at=st.integers(0, 97))
def test_cardano_addresses_are_longer_than_bech32_allows(payment: bytes, stake: bytes, at: int) -> None:
    text = bech32_bytes.encode("addr", b"\x01" + payment + stake)
    assert len(text) == 103
    assert cardano.canonical(text) == cardano.canonical(text.upper()) == text
    for letter in BECH32_LETTERS:
        changed = text[: 5 + at] + letter + text[6 + at :]
        if changed != text:
            with pytest.raises(BadAddress):
                cardano.canonical(changed)


@pytest.mark.parametrize("first", [0x00, 0x41, 0x51, 0x81, 0xE1, 0xF1, 0x91])
def test_what_is_no_cardano_payment_address_of_the_main_network(first: int) -> None:
    for size in (29, 57):
        with pytest.raises(BadAddress):
            cardano.canonical(bech32_bytes.encode("addr", bytes([first]) + bytes(size - 1)))


def test_byron_addresses_are_held_to_their_checksum_and_network() -> None:
    known = "Ae2tdPwUPEYwFx4dmJheyNPPYXtvHbJLeCaA96o6Y2iiUL18cAt7AizN2zG"
    assert cardano.canonical(known) == known
    raw = base58.decode(known)
    for at in range(len(raw)):
        broken = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(BadAddress):
            cardano.canonical(base58.encode(broken))
    for cut in (raw[:-1], raw + b"\0", raw[:5], b""):
        with pytest.raises(BadAddress):
            cardano.canonical(base58.encode(cut))


@pytest.mark.parametrize(
    ("text", "long"),
    [("0x0", "0" * 64), ("0x2", "0" * 63 + "2"), ("0x" + "f" * 64, "f" * 64), ("0x" + "0" * 64, "0" * 64)],
)
def test_move_addresses_have_one_long_form(text: str, long: str) -> None:
    assert move.canonical(text) == move.canonical("0x" + long) == "0x" + long
    assert move.type_name(f"{text}::coin::COIN") == f"0x{long}::coin::COIN"


@pytest.mark.parametrize("text", ["", "0x", "0x00", "0x01", "2", "0X2", "0xA", "0x" + "f" * 65, "0x2 ", "0x2\n", "0xg"])
def test_what_is_no_move_address(text: str) -> None:
    with pytest.raises(BadAddress):
        move.canonical(text)
    with pytest.raises(BadAddress):
        move.type_name(f"{text}::coin::COIN")
