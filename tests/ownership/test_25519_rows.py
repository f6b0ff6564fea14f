"""Honest rows of ed25519, BLS, Antelope and Starknet are proven, and no other."""

from __future__ import annotations

import csv
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
from crypto_cpp_py.cpp_bindings import cpp_sign  # type: ignore[import-untyped]
from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from chains.codec import antelope, base58, ton
from chains.codec import starknet as felt
from chains.controllers import by_address, by_key
from chains.ownership.starknet import DOMAIN
from chains.ownership.starknet_accounts import pedersen, proxy
from chains.ownership.ton_wallets import wallets
from chains.ownership.types import OwnershipClaim, Verdict, cell
from chains.types import Address
from tests.ownership.cases import book
from tests.ownership.cases25519 import addresses, all_25519_cases
from tests.ownership.signing import MESSAGE, with_high_s
from tests.ownership.signing25519 import (
    bls_signature,
    ed_signature,
    eos_key,
    eos_signature,
    public,
    stark_key,
    stark_scalar,
    stark_signature,
    validator_key,
)
from tests.shared import shared

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
STARK_ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F

_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03",
)
SMALL_ORDER = (
    *(f"01{'00' * 30}{last}" for last in ("00", "80")),
    *(f"{'00' * 31}{last}" for last in ("00", "80")),
    *(f"{first}{'ff' * 30}{last}" for first in ("ec", "ed", "ee") for last in ("7f", "ff")),
    *(_ORDER_8[0] + last for last in ("05", "85")),
    *(_ORDER_8[1] + last for last in ("7a", "fa")),
)
"""Points whose order divides 8, with ways to write some beyond the field: a lax verifier lets them sign all."""


@pytest.mark.parametrize("seed", ["assay", "another", "third"])
def test_every_kind_is_proven(seed: str) -> None:
    for case in all_25519_cases(seed):
        result = book().verify(case.coin, "", case.claim)
        assert (result.verdict, result.scheme) == (case.verdict, case.scheme), (case.name, result)


def published(*names: str) -> list[tuple[str, str, OwnershipClaim]]:
    """(coin, network, claim) of each row of a published example, in either layout."""
    lines = shared("okx", *names).read_text().split("\n\n")[-1].splitlines()
    head, *rows = csv.reader(lines)
    columns = {name.strip().lower().replace("/ ", "/"): at for at, name in enumerate(head)}
    audit = "digitalasset" in columns
    claim = (
        ("address", "message", "signedmessage", "signedmessage2", "publickey", "owner1", "owner2")
        if audit
        else ("address", "message", "signature1", "signature2", "redeem script/public key", "eoa1", "eoa2")
    )
    found = []
    for row in rows:
        cells = [cell(row[columns[name]]) if columns[name] < len(row) else "" for name in claim]
        found.append((row[0], row[columns["network"]], OwnershipClaim(*cells)))
    return found


PUBLISHED = {
    ("okx_por_example.csv", "USDT-TON"): ["owned ton/highload-v3"],
    ("okx_por_example.csv", "APTOS"): ["owner-signed aptos/sha3-256"],
    ("okx_por_staking_example.csv", "ETH"): ["owned", "owner-signed", "owner-signed"],
    ("test.csv", "STARKNET"): ["owned starknet/proxy"],
    ("test.csv", "DOT"): ["owned ss58/key"],
    ("test.csv", "ADA"): ["owned cardano/enterprise"],
    ("test.csv", "Vaulta"): ["owner-signed eos/okx-sha256"],
}


@pytest.mark.parametrize(("source", "name"), PUBLISHED)
def test_published_rows(source: str, name: str) -> None:
    rows = [row for row in published(source) if name in row[:2]]
    results = [book().verify(coin, network, claim) for coin, network, claim in rows]
    expected = PUBLISHED[source, name]
    assert len(results) == len(expected)
    for result, text in zip(results, expected, strict=True):
        assert f"{result.verdict} {result.scheme}".startswith(text), result
    if "staking" in source:
        assert all("withdrawal" in result.detail for result in results[1:])


def verdict(coin: str, *cells: str) -> Verdict:
    return book().verify(coin, "", OwnershipClaim(*cells)).verdict


def refused(coin: str, *cells: str) -> bool:
    return verdict(coin, *cells) is Verdict.BAD_SIGNATURE


def test_every_name_of_these_schemes_has_a_kind() -> None:
    lines = shared("okx", "coins.csv").read_text().splitlines()
    names = [row["coin_or_network_key"] for row in csv.DictReader(lines) if row["sig_scheme"] in SCHEMES]
    assert len(names) == 69
    assert [name for name in names if book().kind_of(name) is None] == []


SCHEMES = ("ED25519", "ALGO", "BETH", "EOS", "STARK")


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_proves_nothing(point: str) -> None:
    scalar = (7).to_bytes(32, "little")
    forged = "0x" + (crypto_scalarmult_ed25519_base_noclamp(scalar) + scalar).hex()
    assert refused("SOL", base58.encode(bytes.fromhex(point)), MESSAGE, forged)


def test_a_signature_of_small_order_r_is_refused() -> None:
    for point in SMALL_ORDER:
        assert refused("SOL", addresses(public("assay"))["SOL"][0], MESSAGE, "0x" + point + "00" * 32)


def test_s_beyond_the_group_order_is_refused() -> None:
    address, honest = addresses(public("assay"))["SOL"][0], bytes.fromhex(ed_signature("assay")[2:])
    s = int.from_bytes(honest[32:], "little")
    assert verdict("SOL", address, MESSAGE, honest.hex()) is Verdict.OWNED
    for factor in range(1, 15):
        malleated = honest[:32] + (s + factor * GROUP_ORDER).to_bytes(32, "little")
        assert refused("SOL", address, MESSAGE, malleated.hex())


def test_infinity_and_points_outside_the_group_sign_nothing() -> None:
    coin = "BETH"
    infinity_key, infinity = "0x" + "c0".ljust(96, "0"), "0x" + "c0".ljust(192, "0")
    honest = bls_signature("assay")
    assert refused(coin, infinity_key, MESSAGE, infinity)
    assert refused(coin, validator_key("assay"), MESSAGE, infinity)
    assert refused(coin, infinity_key, MESSAGE, honest)
    x_off_the_group = "0x80" + "00" * 46 + "04"
    assert refused(coin, x_off_the_group, MESSAGE, honest)
    assert refused(coin, validator_key("assay"), MESSAGE, "0x" + "00" * 96)


def test_a_high_s_signature_of_eos_proves_the_same_key() -> None:
    raw = antelope.decode_signature(eos_signature("assay"))
    rs, parity = with_high_s(raw[1:], raw[0] - 31)
    key = antelope.encode_key(eos_key("assay").public_key.format())
    twin = antelope.encode_signature(bytes([31 + parity]) + rs)
    assert verdict("EOS", "okassay", MESSAGE, twin, "", key) is Verdict.OWNER_SIGNED
    for header in (27, 30, 33, 34, 35, 255):
        assert refused("EOS", "okassay", MESSAGE, antelope.encode_signature(bytes([header]) + raw[1:]), "", key)


def test_both_starknet_signatures_of_one_r_prove_the_same_key() -> None:
    key = stark_key("assay")
    address = proxy(key)
    text = stark_signature("assay", address)
    twin = text[:64] + f"{STARK_ORDER - int(text[64:], 16):064x}"
    assert verdict("STARK", felt.encode(address), MESSAGE, twin, "", hex(key)) is Verdict.OWNED


@pytest.mark.parametrize("message", ["x" * 32, "", "12345", "0xabc", "-1", "é", "\0", "\0\0"])
def test_a_message_that_is_no_short_string_is_never_zero(message: str) -> None:
    """The published checker hashed 0 for a long message: a signature over 0 then fits every one."""
    key = stark_key("assay")
    address = proxy(key)
    elements = (felt.selector("Message(contents:felt)"), 0)
    domain = (felt.selector("StarkNetDomain(name:felt,version:felt,chainId:felt)"), felt.short_string(DOMAIN), 1)
    over = pedersen((*domain, felt.short_string("SN_MAIN")))
    digest = pedersen((felt.short_string("StarkNet Message"), over, address, pedersen(elements)))
    r, s = cpp_sign(digest, stark_scalar("assay"))
    assert refused("STARKNET", felt.encode(address), message, f"{r:064x}{s:064x}", "", hex(key))


UNDECIDABLE: dict[str, tuple[str, Callable[[bytes], tuple[str, ...]]]] = {
    "no key": ("SUI", lambda key: (addresses(key)["SUI"][0], MESSAGE, ed_signature("assay"))),
    "base address": ("ADA", lambda key: ("addr1qxyz", MESSAGE, ed_signature("assay"), "", key.hex())),
    "owner of a wallet": ("SOL", lambda key: (base58.encode(key), MESSAGE, ed_signature("assay"), "", "", "x")),
    "kadena keyset": ("KDA", lambda key: ("w:abc:keys-all", MESSAGE, ed_signature("assay"), "", key.hex())),
    "tezos contract": ("XTZ", lambda key: ("KT1abc", MESSAGE, ed_signature("assay"), "", key.hex())),
    "shannon": ("POKT", lambda key: ("pokt1abc", MESSAGE, ed_signature("assay"), "", key.hex())),
    "karu": ("KARU", lambda key: (base58.encode(key), MESSAGE, ed_signature("assay"), "", key.hex())),
    "validator with owner": ("BETH", lambda key: ("0x" + "ab" * 48, MESSAGE, ed_signature("assay"), "", "", "0x1")),
    "eos without key": ("EOS", lambda key: ("okassay", MESSAGE, "SIG_K1_x")),
    "starknet without key": ("STARK", lambda key: ("0x" + "01" * 32, MESSAGE, "ab" * 64)),
}


@pytest.mark.parametrize("name", UNDECIDABLE)
def test_what_a_row_leaves_out_is_no_bad_signature(name: str) -> None:
    coin, cells = UNDECIDABLE[name]
    assert verdict(coin, *cells(public("assay"))) is Verdict.UNSUPPORTED


def test_a_rotated_key_is_named_and_the_chain_still_to_be_asked() -> None:
    key = public("assay").hex()
    address = addresses(public("assay"))["APTOS"][0]
    rotated = OwnershipClaim("0x" + "ab" * 32, MESSAGE, ed_signature("assay"), "", key, address)
    result = book().verify("APTOS", "", rotated)
    assert result.verdict is Verdict.OWNER_SIGNED
    assert "authentication_key" in result.detail
    assert book().verify("APTOS", "", rotated._replace(owner1="")).verdict is Verdict.BAD_SIGNATURE
    assert book().verify("APTOS", "", rotated._replace(owner1=rotated.address)).verdict is Verdict.BAD_SIGNATURE
    assert book().verify("APTOS", "", rotated._replace(address=address)).verdict is Verdict.OWNED
    assert book().verify("APTOS", "", rotated._replace(owner2=address)).verdict is Verdict.UNSUPPORTED


def test_an_address_without_its_leading_zeros_is_the_same_account() -> None:
    seed = next(str(n) for n in range(10_000) if hashlib.sha3_256(public(str(n)) + b"\0").digest()[0] == 0)
    address = addresses(public(seed))["APTOS"][0]
    short = "0x" + address[2:].lstrip("0")
    assert verdict("APT", short, MESSAGE, ed_signature(seed), "", public(seed).hex()) is Verdict.OWNED
    assert refused("APT", "0x0" + short[2:], MESSAGE, ed_signature(seed), "", public(seed).hex())


@pytest.mark.parametrize("spoil", ["0x{}", "{}", "0X{}", " {}", "{}=", "{}00"])
def test_a_key_is_written_in_one_of_two_ways(spoil: str) -> None:
    key = public("assay").hex()
    good = spoil in ("0x{}", "{}")
    address = addresses(public("assay"))["SUI"][0]
    assert refused("SUI", address, MESSAGE, ed_signature("assay"), "", spoil.format(key)) is not good


def test_base64_has_one_spelling() -> None:
    raw = bytes.fromhex(ed_signature("assay")[2:])
    text, address = b64encode(raw).decode(), addresses(public("assay"))["SOL"][0]
    assert verdict("SOL", address, MESSAGE, text) is Verdict.OWNED
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = text[:-3] + last[last.index(text[-3]) ^ 1] + "=="
    assert b64decode(loose) == raw
    for spoiled in (loose, text[:-1], text[:-2], text + "=", text.replace("=", "-")):
        assert refused("SOL", address, MESSAGE, spoiled)


def test_only_the_wallet_that_can_refuse_its_key_leaves_something_to_be_read() -> None:
    key, signature = public("assay"), ed_signature("assay")
    canonical = {name: Address(ton.encode(address, bounceable=True)) for name, address in wallets(key).items()}
    for name, address in wallets(key).items():
        for text in (canonical[name], ton.encode(address, bounceable=False), f"0:{address.hash.hex()}"):
            claim = OwnershipClaim(text, MESSAGE, signature, "", key.hex())
            result = book().verify("TON", "", claim)
            assert result.verdict is Verdict.OWNED
            assert bool(result.missing) is (name == "v5r1")
            assert result.signers == ((by_key(key), by_address(canonical[name])) if name == "v5r1" else ())
            owner = claim._replace(owner1=canonical["v5r1"])
            assert book().verify("TON", "", owner).verdict is Verdict.UNSUPPORTED


def test_a_key_of_aptos_has_two_authentication_keys() -> None:
    key = public("assay")
    legacy, single = (hashlib.sha3_256(each).hexdigest() for each in (key + b"\0", b"\0\x20" + key + b"\2"))
    for address in (legacy, single):
        result = book().verify(
            "APTOS", "", OwnershipClaim(f"0x{address}", MESSAGE, ed_signature("assay"), "", key.hex())
        )
        assert result.verdict is Verdict.OWNED
        assert result.signers == (by_key(key), *(by_address(Address(f"0x{each}")) for each in (legacy, single)))
