"""One honest row for every secp256k1 kind of address, message and script."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from chains.codec import (
    base32bch,
    base58check,
    bech32,
    bech32_bytes,
    c32check,
    cashaddr,
    conflux,
    filecoin,
    nuls,
    ripple,
)
from chains.ownership.book import Book
from chains.ownership.types import OwnershipClaim, Verdict
from indexer.settings import load
from tests.ownership.signing import (
    MESSAGE,
    compact_signature,
    double,
    evm20,
    hash160,
    hex_signature,
    multisig_script,
    point,
    sha256,
    short,
)

BITCOIN = "Bitcoin Signed Message:\n"


class Case(NamedTuple):
    name: str
    coin: str
    claim: OwnershipClaim
    verdict: Verdict
    scheme: str


@cache
def book() -> Book:
    return load({}).ownership


def owned(name: str, coin: str, scheme: str, address: str, *signatures: str, key: str = "") -> Case:
    first, second = (*signatures, "")[:2]
    claim = OwnershipClaim(address, MESSAGE, first, second, key)
    return Case(name, coin, claim, Verdict.OWNED, scheme)


def account_address(kind: str, seed: str) -> str:
    """The address of a key, written by the codecs; the derivation is spelled out here."""
    evm, short_hash = evm20(seed), hash160(short(seed))
    if kind.startswith("bech32:"):
        return bech32_bytes.encode(kind.partition(":")[2], short_hash)
    if kind.startswith("bech32-evm:"):
        return bech32_bytes.encode(kind.partition(":")[2], evm)
    return {
        "0x": lambda: "0x" + evm.hex(),
        "tron": lambda: base58check.encode(b"\x41" + evm),
        "f410f": lambda: filecoin.encode(evm, "f410f"),
        "f1": lambda: filecoin.encode(hashlib.blake2b(point(seed), digest_size=20).digest(), "f1"),
        "aelf": lambda: base58check.encode(double(point(seed))),
        "conflux": lambda: conflux.encode(bytes([0x10 | evm[0] & 15]) + evm[1:]),
        "ripple": lambda: ripple.encode(short_hash),
        "icon": lambda: "hx" + hashlib.sha3_256(point(seed)[1:]).hexdigest()[-40:],
        "stacks": lambda: c32check.encode(22, short_hash),
        "nuls": lambda: nuls.encode(short_hash),
    }[kind]()


ACCOUNTS = (
    ("ETH", "0x", "eip191-keccak", "evm"),
    ("ETH", "0x", "eip191-text", "evm"),
    ("FIL-EVM", "f410f", "eip191-keccak", "filecoin-evm"),
    ("FEVM", "0x", "eip191-text", "filecoin-evm"),
    ("LAT", "bech32-evm:lat", "eip191-keccak", "evm"),
    ("IOTX", "bech32-evm:io", "eip191-keccak", "evm"),
    ("TRX", "tron", "tron-v2", "tron"),
    ("TRX", "tron", "tron-v1", "tron"),
    ("OKC", "0x", "okx-keccak", "evm"),
    ("OKT", "bech32-evm:ex", "okx-keccak", "evm"),
    ("FIL", "f1", "okx-keccak", "filecoin"),
    ("ELF", "aelf", "okx-keccak", "aelf"),
    ("CFX", "conflux", "okx-keccak", "conflux"),
    ("XRP", "ripple", "okx-keccak", "ripple"),
    ("ICX", "icon", "okx-keccak", "icon"),
    ("STX", "stacks", "okx-keccak", "stacks"),
    ("NULS", "nuls", "okx-keccak", "nuls"),
    ("ONE", "bech32-evm:one", "okx-keccak", "evm"),
    ("INJ", "bech32-evm:inj", "okx-keccak", "ethermint"),
    ("ATOM", "bech32:cosmos", "okx-keccak", "cosmos"),
    ("TIA", "bech32:celestia", "okx-keccak", "cosmos"),
    ("CRO", "bech32:cro", "okx-keccak", "cosmos"),
    ("DORA", "bech32:dora", "okx-keccak", "cosmos"),
    ("DYDX", "bech32:dydx", "okx-keccak", "cosmos"),
    ("LUNC", "bech32:terra", "okx-keccak", "cosmos"),
)

KEY_COINS = (
    ("BTC", BITCOIN, b"\x00"),
    ("BSV", BITCOIN, b"\x00"),
    ("BCD", "Bitcoindiamond Signed Message:\n", b"\x00"),
    ("LTC", "Litecoin Signed Message:\n", b"\x30"),
    ("DOGE", "Dogecoin Signed Message:\n", b"\x1e"),
    ("DASH", "DarkCoin Signed Message:\n", b"\x4c"),
    ("BTG", "Bitcoin Gold Signed Message:\n", b"\x26"),
    ("DGB", "DigiByte Signed Message:\n", b"\x1e"),
    ("QTUM", "Qtum Signed Message:\n", b"\x3a"),
    ("RVN", "Raven Signed Message:\n", b"\x3c"),
    ("ZEC", "Zcash Signed Message:\n", b"\x1c\xb8"),
    ("ZEN", BITCOIN, b"\x20\x89"),
)


def account_cases(seed: str) -> list[Case]:
    return [
        owned(
            f"{coin} {kind} {form}", coin, f"{account}/{form}", account_address(kind, seed), hex_signature(seed, form)
        )
        for coin, kind, form, account in ACCOUNTS
    ]


def owner_cases(seed: str) -> list[Case]:
    one, two = f"{seed} one", f"{seed} two"
    first, second = hex_signature(one, "eip191-keccak"), hex_signature(two, "eip191-text")
    owners = ("0x" + evm20(one).hex(), "0x" + evm20(two).hex())
    contract, validator = "0x" + evm20(f"{seed} contract").hex(), "0x" + (sha256(seed.encode()) * 2)[:48].hex()
    both = "evm/eip191-keccak+eip191-text"
    tron = base58check.encode(b"\x41" + evm20(f"{seed} contract"))
    xrp = hex_signature(one, "okx-keccak"), "", "", account_address("ripple", one), ""
    tron_owner, tron_signature = account_address("tron", one), hex_signature(one, "tron-v2")

    def case(name: str, coin: str, scheme: str, *cells: str) -> Case:
        return Case(name, coin, OwnershipClaim(cells[0], MESSAGE, *cells[1:]), Verdict.OWNER_SIGNED, scheme)

    return [
        case("contract of two", "ETH", both, contract, first, second, "", *owners),
        case("contract of one", "ETH", "evm/eip191-keccak", contract, first, "", "", owners[0], ""),
        case("validator", "ETH", "evm/eip191-keccak", validator, first, "", "", owners[0], ""),
        case("pod", "ETH", both, validator, first, second, "", *owners),
        case("tron permission", "TRX", "tron/tron-v2", tron, tron_signature, "", "", tron_owner, ""),
        case("xrp regular key", "XRP", "ripple/okx-keccak", ripple.encode(evm20(seed)), *xrp),
        case(
            *("flow key", "FLOW", "key/okx-keccak", "0x0123456789abcdef"),
            *(hex_signature(one, "okx-keccak"), "", point(one)[1:].hex(), "", ""),
        ),
    ]


def key_cases(seed: str) -> list[Case]:
    public = short(seed)
    cases = []
    for coin, header, version in KEY_COINS:
        name = header.partition(" Signed")[0].lower().replace(" ", "-")
        address = base58check.encode(version + hash160(public))
        cases.append(owned(f"{coin} p2pkh", coin, f"p2pkh/{name}-message", address, compact_signature(seed, header)))
    long_key = base58check.encode(b"\0" + hash160(point(seed)))
    segwit = bech32.encode_segwit("bc", 0, hash160(public))
    nested = base58check.encode(b"\5" + hash160(b"\0\x14" + hash160(public)))
    redeem = (b"\0\x14" + hash160(public)).hex()
    plain, hexadecimal = compact_signature(seed, BITCOIN), hex_signature(seed, "okx-keccak")
    litecoin = compact_signature(seed, "Litecoin Signed Message:\n")
    scheme = "/bitcoin-message"
    ecash = cashaddr.encode("p2pkh", hash160(public), "ecash")
    cash = cashaddr.encode("p2pkh", hash160(public), "bitcoincash")
    aware = base32bch.encode(b"\x10" + hash160(public), prefix="bitcoincash", alphabet=bech32.ALPHABET)
    return [
        *cases,
        owned("p2pkh long", "BTC", "p2pkh" + scheme, long_key, compact_signature(seed, BITCOIN, first=27)),
        owned("p2wpkh", "BTC", "p2wpkh" + scheme, segwit, plain),
        owned("p2wpkh bip137", "BTC", "p2wpkh" + scheme, segwit, compact_signature(seed, BITCOIN, first=39)),
        owned("nested", "BTC", "p2sh-p2wpkh" + scheme, nested, plain),
        owned("nested bip137", "BTC", "p2sh-p2wpkh" + scheme, nested, compact_signature(seed, BITCOIN, first=35)),
        owned("nested with script", "BTC", "p2sh-p2wpkh" + scheme, nested, plain, key=redeem),
        owned("p2wpkh hex", "BTC", "p2wpkh/okx-keccak", segwit, hexadecimal, key=public.hex()),
        owned("p2pkh long hex", "BTC", "p2pkh/okx-keccak", long_key, hexadecimal),
        owned("bch cashaddr", "BCH", "p2pkh" + scheme, cash, plain),
        owned("bch bare", "BCH", "p2pkh" + scheme, cash.partition(":")[2], plain),
        owned("bch token-aware", "BCH", "p2pkh" + scheme, aware, plain),
        owned("ecash", "XEC", "p2pkh" + scheme, ecash, plain),
        owned(
            "ltc segwit", "LTC", "p2wpkh/litecoin-message", bech32.encode_segwit("ltc", 0, hash160(public)), litecoin
        ),
    ]


def script_cases(seed: str) -> list[Case]:
    seeds = [f"{seed} {number}" for number in range(3)]
    script = multisig_script(2, *(short(each) for each in seeds))
    single = multisig_script(1, *(short(each) for each in seeds))
    mixed = multisig_script(2, point(seeds[0]), short(seeds[1]))
    wide = multisig_script(3, *(short(each) for each in seeds))
    p2sh, p2wsh = base58check.encode(b"\5" + hash160(script)), bech32.encode_segwit("bc", 0, sha256(script))
    nested = base58check.encode(b"\5" + hash160(b"\0\x20" + sha256(script)))
    doge = base58check.encode(b"\x16" + hash160(script))
    pair = [compact_signature(each, BITCOIN) for each in seeds[:2]]
    hexadecimal = hex_signature(seeds[2], "okx-keccak")
    doges = [compact_signature(each, "Dogecoin Signed Message:\n") for each in seeds[1:]]
    first_long = compact_signature(seeds[0], BITCOIN, first=27)
    of_32 = cashaddr.encode("p2sh32", sha256(sha256(script)), "bitcoincash")
    of_one, of_mixed = (base58check.encode(b"\5" + hash160(each)) for each in (single, mixed))
    bitcoin = "-multisig/bitcoin-message"
    cases = [
        owned("2-of-3 p2sh", "BTC", "p2sh" + bitcoin, p2sh, *pair, key=script.hex()),
        owned("2-of-3 p2wsh", "BTC", "p2wsh" + bitcoin, p2wsh, *pair, key=script.hex()),
        owned("2-of-3 p2sh32", "BCH", "p2sh32" + bitcoin, of_32, *pair, key=script.hex()),
        owned("2-of-3 nested", "BTC", "p2sh-p2wsh" + bitcoin, nested, *pair, key=script.hex()),
        owned("2-of-3 doge", "DOGE", "p2sh-multisig/dogecoin-message", doge, *doges, key=script.hex()),
        owned("both forms", "BTC", f"p2wsh{bitcoin}+okx-keccak", p2wsh, pair[0], hexadecimal, key=script.hex()),
        owned("1-of-3", "BTC", "p2sh" + bitcoin, of_one, pair[1], key=single.hex()),
        owned("long key", "BTC", "p2sh" + bitcoin, of_mixed, first_long, pair[1], key=mixed.hex()),
    ]
    three = owned("3-of-3", "BTC", "p2sh" + bitcoin, base58check.encode(b"\5" + hash160(wide)), *pair, key=wide.hex())
    return [*cases, three._replace(verdict=Verdict.OWNER_SIGNED)]


@cache
def all_cases(seed: str = "assay") -> tuple[Case, ...]:
    return (
        *account_cases(seed),
        *owner_cases(seed),
        *key_cases(seed),
        *script_cases(seed),
    )
