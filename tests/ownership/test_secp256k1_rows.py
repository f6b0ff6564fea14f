"""Honest rows of every kind are proven; rows that say too much or too little are named for what they are."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from chains.codec import base58check, bech32
from chains.codec.evm_address import checksummed
from chains.controllers import by_address
from chains.ownership.types import OwnershipClaim, OwnershipResult, Verdict, cell
from chains.types import Address
from tests.ownership.cases import BITCOIN, account_address, all_cases, book
from tests.ownership.signing import (
    MESSAGE,
    compact_signature,
    evm20,
    hash160,
    hex_signature,
    multisig_script,
    point,
    sha256,
    short,
    with_high_s,
)

CASES = {case.name: case for case in all_cases()}


def verify(coin: str, address: str, *cells: str, network: str = "") -> OwnershipResult:
    return book().verify(coin, network, OwnershipClaim(address, MESSAGE, *cells))


@pytest.mark.parametrize("seed", ["assay", "another", "third"])
def test_every_kind_is_proven(seed: str) -> None:
    for case in all_cases(seed):
        result = book().verify(case.coin, "", case.claim)
        assert (result.verdict, result.scheme) == (case.verdict, case.scheme), (case.name, result)


@pytest.mark.parametrize("name", ["ETH 0x eip191-keccak", "TRX tron tron-v2", "XRP ripple okx-keccak", "p2wpkh hex"])
def test_high_s_still_proves_the_key(name: str) -> None:
    claim = CASES[name].claim
    raw = bytes.fromhex(claim.signature1[2:])
    rs, parity = with_high_s(raw[:64], raw[64] - 27)
    twin = claim._replace(signature1="0x" + (rs + bytes([27 + parity])).hex())
    assert book().verify(CASES[name].coin, "", twin).verdict is Verdict.OWNED


def test_a_high_s_twin_is_no_second_signer() -> None:
    claim = CASES["2-of-3 p2wsh"].claim
    raw = b64decode(claim.signature1)
    rs, parity = with_high_s(raw[1:], raw[0] - 31)
    twin = b64encode(bytes([31 + parity]) + rs).decode()
    assert book().verify("BTC", "", claim._replace(signature1=twin)).verdict is Verdict.OWNED
    result = book().verify("BTC", "", claim._replace(signature2=twin))
    assert (result.verdict, result.detail) == (
        Verdict.BAD_SIGNATURE,
        "1 different keys of a 2-of-3 script signed: not enough",
    )


@pytest.mark.parametrize(("written", "v"), [(0, 27), (1, 28)])
def test_v_of_0_and_1_is_27_and_28(written: int, v: int) -> None:
    found = 0
    for number in range(8):
        signature = hex_signature(f"v{number}", "eip191-text")
        if signature.endswith(bytes([v]).hex()):
            found += 1
            address = "0x" + evm20(f"v{number}").hex()
            assert verify("ETH", address, signature[:-2] + bytes([written]).hex()).verdict is Verdict.OWNED
            assert verify("ETH", address, signature[2:]).verdict is Verdict.OWNED
    assert found


@pytest.mark.parametrize("first", [31, 39])
def test_the_first_byte_is_held_to_its_kind_of_address(first: int) -> None:
    signature = compact_signature("assay", BITCOIN, first=first)
    key_hash = base58check.encode(b"\0" + hash160(short("assay")))
    segwit = bech32.encode_segwit("bc", 0, hash160(short("assay")))
    assert verify("BTC", segwit, signature).verdict is Verdict.OWNED
    assert verify("BTC", key_hash, signature).verdict is (Verdict.OWNED if first == 31 else Verdict.BAD_SIGNATURE)


def test_a_published_key_in_any_form_must_be_the_one_that_signed() -> None:
    case = CASES["ELF aelf okx-keccak"]
    for form in (short("assay"), point("assay"), point("assay")[1:]):
        for text in (form.hex(), "0x" + form.hex()):
            assert book().verify("ELF", "", case.claim._replace(script_or_key=text)).verdict is Verdict.OWNED
    wrong = case.claim._replace(script_or_key=short("stranger").hex())
    assert book().verify("ELF", "", wrong).detail == "the published key is not the one that signed"


@pytest.mark.parametrize(
    ("verdict", "detail", "coin", "cells"),
    [
        (Verdict.UNSIGNED, "no signature is published", "ETH", ("0x00", "")),
        (Verdict.UNSIGNED, "no signature is published", "NOSUCHCOIN", ("x", "")),
        (Verdict.UNSUPPORTED, "unknown name 'NOSUCHCOIN'", "NOSUCHCOIN", ("x", "0x00")),
        (Verdict.UNSUPPORTED, "Decred addresses are BLAKE-256", "DCR", ("x", "0x00")),
        (Verdict.BAD_SIGNATURE, "a second signature, but no first", "ETH", ("0x00", "", "0x00")),
        (Verdict.BAD_SIGNATURE, "address: not ASCII", "ETH", ("0x\u0430", "0x00")),
        (Verdict.BAD_SIGNATURE, "signature1: more than 16384", "ETH", ("0x00", "0" * 16_385)),
        (Verdict.UNSUPPORTED, "a script address without", "BTC", (CASES["2-of-3 p2wsh"].claim.address, "AAAA" * 21)),
        (Verdict.UNSUPPORTED, "no key is published", "FLOW", ("0x0123456789abcdef", "0x00")),
        (Verdict.UNSUPPORTED, "a validator without", "ETH", ("0x" + "ab" * 48, "0x00")),
    ],
)
def test_rows_that_cannot_be_proven_say_why(verdict: Verdict, detail: str, coin: str, cells: tuple[str, ...]) -> None:
    address, *rest = cells
    if rest == ["AAAA" * 21]:
        rest = [compact_signature("assay", BITCOIN)]
    result = verify(coin, address, *rest)
    assert result.verdict is verdict
    assert result.detail.startswith(detail)


def test_the_network_decides_where_the_list_names_one() -> None:
    tron = CASES["TRX tron tron-v2"].claim
    assert verify("USDT", tron.address, tron.signature1, network=" Tron ").verdict is Verdict.OWNED
    assert verify("TRX", tron.address, tron.signature1, network="ETH").verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("coin", ["LTC", "DOGE", "QTUM", "BSV", "ETH"])
def test_a_row_of_one_coin_proves_nothing_on_another(coin: str) -> None:
    case = CASES["p2wpkh"]
    assert book().verify(coin, "", case.claim).verdict is Verdict.BAD_SIGNATURE


def test_owners_must_be_different_and_each_must_sign() -> None:
    claim = CASES["contract of two"].claim
    for cells, detail in (
        ({"owner2": claim.owner1, "signature2": claim.signature1}, "one owner is named twice"),
        ({"signature2": ""}, "owner 2 is named, but did not sign"),
        ({"owner2": ""}, "owner 2 is not named"),
        ({"signature2": claim.signature1}, "owner 2: the signature leads to another address"),
    ):
        result = book().verify("ETH", "", claim._replace(**cells))
        assert (result.verdict, result.detail) == (Verdict.BAD_SIGNATURE, detail)


def odd_scripts() -> list[tuple[bytes, str]]:
    """Each with the words that name what is odd."""
    good = multisig_script(2, *(short(f"k{number}") for number in range(3)))
    return [
        (good[:-1], "in another order"),
        (good[:-1] + b"\xaf", "OP_CHECKMULTISIGVERIFY"),
        (b"\x54" + good[1:], "in another order"),  # 4 of 3
        (good[:-2] + b"\x54\xae", "counts its keys wrongly"),
        (b"\x00" + good[1:], "OP_0"),
        (good[:-2] + b"\x61" + good[-2:], "opcode 0x61"),  # OP_NOP before n
        (good[:1] + b"\x21" + b"\5" * 33 + good[1 + 34 :], "an odd key"),
        (b"\xac", "OP_CHECKSIG"),
        (b"", "without its redeem script"),
        (short("k0"), "a push of 3 bytes"),
        (b"\x51\x21\2", "a push beyond its end"),
    ]


@pytest.mark.parametrize(("script", "named"), odd_scripts())
def test_only_plain_scripts_are_judged(script: bytes, named: str) -> None:
    address = bech32.encode_segwit("bc", 0, sha256(script))
    pair = (compact_signature("k0", BITCOIN), compact_signature("k1", BITCOIN))
    result = verify("BTC", address, *pair, script.hex())
    assert result.verdict is Verdict.UNSUPPORTED
    assert named in result.detail


@pytest.mark.parametrize("text", ["", " ", "-", "null", " NULL "])
def test_absent_cells(text: str) -> None:
    assert cell(text) == ""


def test_cases_are_named_apart() -> None:
    assert len(CASES) == len(all_cases())


@pytest.mark.parametrize("kind", ["tron", "ripple"])
def test_an_account_that_can_get_other_keys_leaves_it_to_the_chain_who_acts(kind: str) -> None:
    coin, form = {"tron": ("TRX", "tron-v2"), "ripple": ("XRP", "okx-keccak")}[kind]
    mine, other = account_address(kind, "mine"), account_address(kind, "other")
    signature = hex_signature("mine", form)
    own = book().verify(coin, "", OwnershipClaim(mine, MESSAGE, signature))
    assert (own.verdict, own.signers) == (Verdict.OWNED, (by_address(Address(mine)),))
    assert own.missing
    assert own.missing in own.detail
    for_other = book().verify(coin, "", OwnershipClaim(other, MESSAGE, signature, owner1=mine))
    assert (for_other.verdict, for_other.signers) == (Verdict.OWNER_SIGNED, own.signers)


def test_who_signed_is_named_as_the_chain_would_name_it() -> None:
    mixed = checksummed(Address("0x" + evm20("one").hex()))
    claim = OwnershipClaim(
        account_address("0x", "contract"), MESSAGE, hex_signature("one", "eip191-text"), owner1=mixed
    )
    assert book().verify("ETH", "", claim).signers == (by_address(Address(mixed.lower())),)
