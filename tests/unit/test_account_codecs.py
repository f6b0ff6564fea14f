"""Account addresses: known texts, round trips, one spelling, and no changed letter that still reads as another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.codec import base32bch, base58, bech32_bytes, c32check, cashaddr, conflux, filecoin, nuls, ripple
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
