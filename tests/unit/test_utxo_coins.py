"""Every configured coin of Bitcoin's kind: its own addresses and nobody else's, and no slip of the pen among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import pytest

from chains.codec import base32bch, base58check, bech32
from chains.errors import BadAddress, HiddenAddress, Malformed
from chains.spec import ChainSpec
from chains.utxo import address
from chains.utxo.forward import Fetched, read
from chains.utxo.params import Coin, coin_of
from chains.utxo.raw import dsha256, header_size
from indexer.settings import load

SEED = 20261125
DOUBLES = 4_000
DIGEST = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
SCRIPTS = {
    "p2pkh": b"\x76\xa9\x14" + DIGEST + b"\x88\xac",
    "p2sh": b"\xa9\x14" + DIGEST + b"\x87",
    "p2sh32": b"\xaa\x20" + DIGEST + DIGEST[:12] + b"\x87",
    "p2wpkh": b"\x00\x14" + DIGEST,
    "p2tr": b"\x51\x20" + DIGEST + DIGEST[:12],
}
FIRST_LETTERS = {
    # what everybody knows the addresses of a coin by
    "Bitcoin": ("1", "3", "bc1q", "bc1p"), "Litecoin": ("L", "M", "ltc1q", "ltc1p"), "Dogecoin": ("D", "A"),
    "Dash": ("X", "7"), "Bitcoin Cash": ("bitcoincash:q", "bitcoincash:p", "bitcoincash:p"), "Bitcoin SV": ("1", "3"),
    "eCash": ("ecash:q", "ecash:p"), "Zcash": ("t1", "t3"), "DigiByte": ("D", "S", "dgb1q", "dgb1p"),
    "Ravencoin": ("R", "r"), "Qtum": ("Q", "M", "qc1q", "qc1p"),
    "Bitcoin Gold": ("G", "A", "btg1q", "btg1p"),
}  # fmt: skip
CASHADDR = [
    # the table of the specification
    ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR", "qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"),
    ("16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb", "qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r"),
    ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
    ("3LDsS579y7sruadqu11beEJoTjdFiFCdX4", "pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"),
    ("31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw", "pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37"),
]
CASHTOKENS = [
    # test vectors of CHIP-2022-02, on Bitcoin Cash itself: address, its twin that says nothing of tokens, hash
    (
        "zr6m7j9njldwwzlg9v7v53unlr4jkmx6eycnjehshe", "qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
        "f5bf48b397dae70be82b3cca4793f8eb2b6cdac9",
    ),
    (
        "rpawqn2h74a4t50phuza84kdp3794pq3cct3k50p0y", "ppawqn2h74a4t50phuza84kdp3794pq3ccvm92p8sh",
        "7ae04d57f57b55d1e1bf05d3d6cd0c7c5a8411c6",
    ),
    (
        "rvqqqqqqqqqqqqqqqqqqqqqqzg69v7ysqqqqqqqqqqqqqqqqqqqqqn9alsp2y",
        "pvqqqqqqqqqqqqqqqqqqqqqqzg69v7ysqqqqqqqqqqqqqqqqqqqqqpkp7fqn0",
        "0000000000000000000000000000123456789000000000000000000000000000",
    ),
    (
        "rwyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9zvatfpg",
        "pwyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsh3sujgcr", "88" * 32,
    ),
]  # fmt: skip


@cache
def coins() -> dict[str, tuple[ChainSpec, Coin]]:
    return {spec.name: (spec, coin_of(spec)) for spec in load({}).chains.values() if spec.family == "utxo"}


def texts(coin: Coin) -> Iterator[str]:
    for script in SCRIPTS.values():
        if (text := address.from_script(coin, script)) is not None:
            assert address.to_script(coin, text) == script
            assert address.canonical(coin, text) == text
            yield text


def test_every_coin_is_known_by_its_first_letters() -> None:
    assert coins().keys() == FIRST_LETTERS.keys()
    for name, (_, coin) in coins().items():
        found = list(texts(coin))
        assert len(found) == len(FIRST_LETTERS[name]), name
        for text, letters in zip(found, FIRST_LETTERS[name], strict=True):
            assert text.startswith(letters), (name, text)


def test_an_address_means_the_same_wherever_it_is_read() -> None:
    """Some networks share versions (Bitcoin and its splits, Dogecoin and DigiByte): nothing in the text tells them
    apart, but it never means another script.
    """
    for _, coin in coins().values():
        for text in texts(coin):
            scripts = [_script(other, text) for _, other in coins().values()]
            assert {script for script in scripts if script is not None} == {address.to_script(coin, text)}


@pytest.mark.parametrize("name", ["Bitcoin", "Litecoin", "DigiByte", "Qtum", "Bitcoin Gold"])
def test_segwit_is_read_by_its_own_network_only(name: str) -> None:
    coin = coins()[name][1]
    for text in texts(coin):
        if coin.hrp is not None and text.startswith(f"{coin.hrp}1"):
            assert [other for other, (_, each) in coins().items() if _script(each, text) is not None] == [name]


def _script(coin: Coin, text: str) -> bytes | None:
    try:
        return address.to_script(coin, text)
    except BadAddress:
        return None


@pytest.mark.parametrize(("legacy", "body"), CASHADDR)
def test_the_table_of_the_cashaddr_specification(legacy: str, body: str) -> None:
    cash, ecash, bitcoin = (coins()[name][1] for name in ("Bitcoin Cash", "eCash", "Bitcoin"))
    assert address.canonical(cash, legacy) == address.canonical(cash, body) == f"bitcoincash:{body}"
    assert address.to_script(cash, body) == address.to_script(bitcoin, legacy)
    renamed = address.canonical(ecash, f"bitcoincash:{body}")
    assert renamed.startswith(f"ecash:{body[:30]}")
    assert address.to_script(ecash, renamed) == address.to_script(bitcoin, legacy)
    with pytest.raises(BadAddress):
        address.canonical(cash, renamed)


@pytest.mark.parametrize(("aware", "plain", "digest"), CASHTOKENS)
def test_addresses_that_know_tokens_stand_for_the_scripts_of_the_others(aware: str, plain: str, digest: str) -> None:
    cash, ecash = coins()["Bitcoin Cash"][1], coins()["eCash"][1]
    assert address.canonical(cash, aware) == address.canonical(cash, plain) == f"bitcoincash:{plain}"
    script = address.to_script(cash, f"BITCOINCASH:{aware}".upper())
    assert script == address.to_script(cash, plain)
    assert digest in script.hex()
    assert address.from_script(cash, script) == f"bitcoincash:{plain}"
    with pytest.raises(BadAddress, match="no public key hash"):
        address.canonical(ecash, f"bitcoincash:{aware}")
    for name in coins().keys() - {"Bitcoin Cash"}:
        assert len(script) < 35 or address.from_script(coins()[name][1], script) is None


@pytest.mark.parametrize(
    ("version", "size"), [(0, 32), (8, 32), (11, 20), (3, 32), (19, 32), (27, 20), (32, 20), (128, 20)]
)
def test_other_types_and_sizes_are_no_addresses_of_bitcoin_cash(version: int, size: int) -> None:
    text = base32bch.encode(bytes([version, *range(size)]), prefix="bitcoincash", alphabet=bech32.ALPHABET)
    with pytest.raises(BadAddress, match="no public key hash"):
        address.canonical(coins()["Bitcoin Cash"][1], text)


def _alphabet(text: str) -> tuple[int, str]:
    """Where the letters under the checksum begin, and which there are."""
    for mark in (":", "1"):
        at = text.find(mark) + 1
        if at > 1 and (mark == ":" or text[:at] in ("bc1", "ltc1", "dgb1", "qc1", "btg1")):
            return at, bech32.ALPHABET
    return 0, base58check.ALPHABET


@pytest.mark.parametrize("name", FIRST_LETTERS)
def test_no_single_wrong_letter_is_accepted(name: str) -> None:
    _, coin = coins()[name]
    for text in texts(coin):
        start, letters = _alphabet(text)
        for place in range(start, len(text)):
            for letter in letters:
                if letter != text[place]:
                    with pytest.raises(BadAddress):
                        address.to_script(coin, text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize("name", FIRST_LETTERS)
def test_no_two_wrong_or_exchanged_letters_are_accepted(name: str) -> None:
    """Bech32 and CashAddr promise it; Base58Check lets one in four thousand million through."""
    _, coin = coins()[name]
    chance = random.Random(SEED)
    for text in texts(coin):
        start, letters = _alphabet(text)
        for _ in range(DOUBLES):
            one, two = sorted(chance.sample(range(start, len(text)), 2))
            first, second = chance.choice(letters), chance.choice(letters)
            if first != text[one] and second != text[two]:
                with pytest.raises(BadAddress):
                    address.to_script(coin, text[:one] + first + text[one + 1 : two] + second + text[two + 1 :])
        for place in range(start, len(text) - 1):
            if text[place] != text[place + 1]:
                with pytest.raises(BadAddress):
                    address.to_script(coin, text[:place] + text[place + 1] + text[place] + text[place + 2 :])


@pytest.mark.parametrize("name", ["Qtum", "Bitcoin Gold"])
def test_blocks_are_held_to_all_of_a_longer_header(name: str) -> None:
    coin = coins()[name][1]
    coinbase = bytes.fromhex("0100000001" + "00" * 32 + "ffffffff00ffffffff010000000000000000015100000000")
    assert coin.header_tail is not None
    header = bytes(36) + dsha256(coinbase) + b"\xff" * (coin.header_tail - 68) + b"\x03end"
    raw = header + b"\x01" + coinbase
    block = Fetched(dsha256(header)[::-1].hex(), raw, header_size(raw, coin.form))
    assert read(block, coin).transactions[0].generated
    with pytest.raises(Malformed, match="not the block"):
        read(block._replace(raw=raw.replace(b"end", b"eND")), coin)


def test_hidden_addresses_are_told_from_wrong_ones() -> None:
    zcash = coins()["Zcash"][1]
    shielded = bech32.write("zs", [(7 * n) % 32 for n in range(69)], bech32.BECH32)
    with pytest.raises(HiddenAddress, match="Sapling"):
        address.canonical(zcash, shielded)
    with pytest.raises(BadAddress, match="checksum"):
        address.canonical(zcash, shielded[:-1] + ("q" if shielded[-1] != "q" else "p"))
