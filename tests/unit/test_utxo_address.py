"""Addresses and scripts of Bitcoin-type coins: one script, one canonical text."""

from __future__ import annotations

import csv
import gzip

import msgspec
import pytest
from bitcoin.core.script import CScript  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from chains.codec import base58check, bech32
from chains.errors import BadAddress, HiddenAddress
from chains.spec import ChainSpec
from chains.types import ChainId, Instrument
from chains.utxo import address
from chains.utxo.params import Coin, coin_of
from tests.shared import shared

BTC = Coin(p2pkh=0, p2sh=(5,), hrp="bc", confirmations=6)
LTC = Coin(p2pkh=48, p2sh=(50, 5), hrp="ltc", hidden={"ltcmweb": "an MWEB address"}, confirmations=12)
DOGE = Coin(p2pkh=30, p2sh=(22,), confirmations=60)
BCH = Coin(p2pkh=0, p2sh=(5,), cashaddr=("bitcoincash",), confirmations=12)
ZEC = Coin(p2pkh=0x1CB8, p2sh=(0x1CBD,), hidden={"zs": "a Sapling address"}, confirmations=24)

MWEB = (
    "ltcmweb1qq0yq03ewm830ugmkkvrvjmyyeslcpwk8ayd7k27qx63sryy6kx3ksqm3k6jd24ld3r5dp5lzx7rm7uyxfujf8sn7v4nlxeqwr"
    "cq6k6xxwqdc6tl3"
)
KEY_HASH = "751e76e8199196d454941c45d1b3a323f1433bd6"
HASHES = st.binary(min_size=20, max_size=20)
SCRIPTS = st.one_of(
    HASHES.map(lambda key: b"\x76\xa9\x14" + key + b"\x88\xac"),
    HASHES.map(lambda digest: b"\xa9\x14" + digest + b"\x87"),
    HASHES.map(lambda key: b"\x00\x14" + key),
    st.binary(min_size=32, max_size=32).map(lambda digest: b"\x00\x20" + digest),
    st.tuples(st.integers(0x51, 0x60), st.binary(min_size=2, max_size=40)).map(
        lambda witness: bytes([witness[0], len(witness[1])]) + witness[1]
    ),
)


@pytest.mark.parametrize(
    ("coin", "text", "script"),
    [
        (BTC, "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", f"76a914{KEY_HASH}88ac"),
        (BTC, "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87"),
        (BTC, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", f"0014{KEY_HASH}"),
        (
            BTC,
            "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
            "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        ),
        (
            BTC,
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
        (BTC, "bc1pfeessrawgf", "51024e73"),  # pay to anchor
        # of the CashAddr specification, and its Base58 twin below
        (
            BCH,
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac",
        ),
        (
            BCH,
            "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
            "a91476a04053bda0a88bda5177b86a15c3b29f55987387",
        ),
    ],
)
def test_known_scripts(coin: Coin, text: str, script: str) -> None:
    assert address.to_script(coin, text).hex() == script
    assert address.from_script(coin, bytes.fromhex(script)) == text


@given(SCRIPTS, st.sampled_from([BTC, LTC]))
def test_every_script_with_an_address_comes_back(script: bytes, coin: Coin) -> None:
    text = address.from_script(coin, script)
    assert text is not None
    assert address.to_script(coin, text) == script
    assert address.canonical(coin, text) == text


@given(SCRIPTS | st.binary(max_size=50))
def test_the_reference_classifies_alike(script: bytes) -> None:
    text = address.from_script(BTC, script)
    reference = CScript(script)
    assert (text is not None and text.startswith("bc1q")) == (
        reference.is_witness_v0_keyhash() or reference.is_witness_v0_scripthash()
    )
    assert (text is not None and text.startswith("3")) == reference.is_p2sh()


@pytest.mark.parametrize(
    "script",
    [
        "",
        "51",
        "21" + "02" * 33 + "ac",  # a bare public key
        "6a0401020304",
        "0015" + "00" * 21,  # version 0 with an impossible length
        "5101ff",
        "51" + "29" + "00" * 41,
        "0014" + "00" * 21,
        "5014" + "00" * 20,  # OP_RESERVED is no version
    ],
)
def test_scripts_without_an_address(script: str) -> None:
    assert address.from_script(BTC, bytes.fromhex(script)) is None


@given(HASHES)
def test_a_chain_without_segwit_has_no_address_for_it(key: bytes) -> None:
    assert address.from_script(DOGE, b"\x00\x14" + key) is None
    with pytest.raises(BadAddress, match="this network has none"):
        address.canonical(DOGE, bech32.encode_segwit("doge", 0, key))


@given(HASHES)
def test_litecoins_old_and_new_script_hash_are_one_account(digest: bytes) -> None:
    old, new = base58check.encode(b"\x05" + digest), base58check.encode(b"\x32" + digest)
    assert old.startswith("3")
    assert new.startswith("M")
    assert address.canonical(LTC, old) == address.canonical(LTC, new) == new
    assert address.to_script(LTC, old) == address.to_script(LTC, new)


@pytest.mark.parametrize(
    "text",
    [
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        "BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A",
    ],
)
def test_every_spelling_of_a_bitcoin_cash_address_is_one_account(text: str) -> None:
    assert address.canonical(BCH, text) == "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    assert address.to_script(BCH, text) == address.to_script(BTC, "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu")


@given(HASHES, st.sampled_from([0x1CB8, 0x1CBD]))
def test_versions_of_two_bytes(digest: bytes, version: int) -> None:
    text = base58check.encode(version.to_bytes(2, "big") + digest)
    assert text.startswith("t1" if version == 0x1CB8 else "t3")
    assert address.canonical(ZEC, text) == text
    assert digest in address.to_script(ZEC, text)
    with pytest.raises(BadAddress, match="22 bytes"):
        address.canonical(BTC, text)


def test_hidden_addresses_are_sound_or_refused() -> None:
    with pytest.raises(HiddenAddress, match="MWEB"):
        address.canonical(LTC, MWEB)
    with pytest.raises(BadAddress, match="checksum") as refused:
        address.canonical(LTC, MWEB[:-1] + "q")
    assert not isinstance(refused.value, HiddenAddress)


def test_upper_case_segwit_becomes_lower_case() -> None:
    text = "LTC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KGMN4N9"
    assert address.canonical(LTC, text) == text.lower()


@pytest.mark.parametrize(
    ("coin", "text", "why"),
    [
        (LTC, MWEB, "MWEB"),
        (LTC, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "the prefix is 'bc', this network's is 'ltc'"),
        (LTC, "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "version 0 "),
        (BTC, "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9", "version 48 "),
        (BTC, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", "mixed"),
        (BTC, " 1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "' ' is not in the Base58 alphabet"),
        (BTC, "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "33 bytes"),  # a private key
        (BTC, "", "0 characters"),
    ],
)
def test_what_is_refused_says_why(coin: Coin, text: str, why: str) -> None:
    for read in (address.canonical, address.to_script):
        with pytest.raises(BadAddress, match=why):
            read(coin, text)


def spec(**options: object) -> ChainSpec:
    return ChainSpec(
        id=ChainId("bip122:12a765e31ffd4059bada1e25190f6e98"),
        name="Litecoin",
        family="utxo",
        native=Instrument("slip44:2"),
        native_decimals=8,
        options=options,
    )


def test_a_coin_is_one_entry_and_read_strictly() -> None:
    good = {"p2pkh": 48, "p2sh": [50, 5], "hrp": "ltc", "hidden": {"ltcmweb": "an MWEB address"}, "confirmations": 12}
    assert coin_of(spec(**good)) == LTC
    changes: tuple[dict[str, object], ...] = (
        {"p2pkh": 65_536},
        {"p2sh": []},
        {"p2sh": [48]},
        {"p2sh": [5, 5]},
        {"hrp": "LTC"},
        {"confirmations": 0},
        {"confirmation": 12},
        {"checkpoint": {"height": 1, "hash": "00"}},
    )
    for change in changes:
        with pytest.raises(msgspec.ValidationError):
            coin_of(spec(**(good | change)))
    with pytest.raises(msgspec.ValidationError, match="bip122"):
        coin_of(msgspec.structs.replace(spec(**good), id=ChainId("eip155:1")))


def test_published_bitmex_addresses() -> None:
    with gzip.open(shared("addresses", "addresses.csv.gz"), "rt", newline="") as lines:
        texts = [
            row["address"] for row in csv.DictReader(lines) if (row["exchange"], row["chain"]) == ("bitmex", "bitcoin")
        ]
    assert len(texts) == 336_219
    scripts = {address.to_script(BTC, text) for text in texts}
    assert len(scripts) == len(set(texts))
    assert all(address.canonical(BTC, text) == text for text in texts[::100])
    assert all(address.from_script(BTC, address.to_script(BTC, text)) == text for text in texts[::100])
