"""One honest row for every kind of ed25519 address, and for BLS, Antelope and Starknet."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from binascii import crc32
from functools import cache

from chains.codec import (
    algorand,
    antelope,
    base58,
    base58check,
    bech32_bytes,
    casper,
    icp,
    lisk32,
    sia,
    ss58,
    strkey,
    ton,
)
from chains.codec import starknet as felt
from chains.ownership.starknet_accounts import cairo1, proxy
from chains.ownership.ton_wallets import wallets
from chains.ownership.types import OwnershipClaim, Verdict
from tests.ownership.cases import Case
from tests.ownership.signing import MESSAGE, sha256
from tests.ownership.signing25519 import (
    bls_signature,
    ed_signature,
    eos_key,
    eos_signature,
    public,
    stark_key,
    stark_signature,
    validator_key,
)

SS58 = {
    **{"DOT": 0, "ASSET-HUB": 0, "KSM": 2, "ACA": 10, "ASTR": 5, "SDN": 5, "PHALA": 30, "PHA_KHA": 30},
    **{"CFG_DOT": 36, "CLV": 128, "AVAIL": 42, "ENJ": 2135, "ENJIN": 1110, "EFI_DOT": 1110},
}
NAMES_ONLY = {
    "NEAR": "cold-wallet.exchange.near",
    "HBAR": "0.0.1234567",
    "KDA": "exchange-cold",
    "IOST": "cold_wallet",
    "CC_CANTON": "exchange::1220" + "ab" * 32,
    "VENOM": "0:" + "cd" * 32,
}
ACCOUNT_OF = {
    "NEAR": "near",
    "HBAR": "hedera",
    "KDA": "kadena",
    "IOST": "iost",
    "CC_CANTON": "canton",
    "VENOM": "venom",
}


def blake(data: bytes, size: int) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


def icp_account(key: bytes) -> bytes:
    principal = hashlib.sha224(bytes.fromhex("302a300506032b6570032100") + key).digest() + b"\2"
    body = hashlib.sha224(b"\x0aaccount-id" + principal + bytes(32)).digest()
    return crc32(body).to_bytes(4) + body


def addresses(key: bytes) -> dict[str, tuple[str, str]]:
    """Coin -> (address, scheme), for one key; derivations are spelled out here where they are more than the key."""
    found = {coin: (ss58.encode(prefix, key), "ss58/key") for coin, prefix in SS58.items()}
    solana = base58.encode(key), "solana/key"
    aptos = "0x" + hashlib.sha3_256(key + b"\0").hexdigest(), "aptos/sha3-256"
    hashed = blake(key, 32)
    return {
        **found,
        **dict.fromkeys(("SOL", "USDT-SPL", "FOGO"), solana),
        **dict.fromkeys(("APTOS", "USDC-APTOS"), aptos),
        "SUI": ("0x" + blake(b"\0" + key, 32).hex(), "sui/blake2b-256"),
        "IOTA_NEW": ("0x" + hashed.hex(), "iota/blake2b-256"),
        "IOTA_STARDUST": (bech32_bytes.encode("iota", b"\0" + hashed), "iota/blake2b-256"),
        "ADA": (bech32_bytes.encode("addr", b"\x61" + blake(key, 28)), "cardano/enterprise"),
        "XLM": (strkey.encode(key), "stellar/key"),
        "PI": (strkey.encode(key), "stellar/key"),
        "NEAR": (key.hex(), "near/key"),
        "ALGO": (algorand.encode(key), "algorand/key"),
        "XTZ": (base58check.encode(bytes.fromhex("06a19f") + blake(key, 20)), "tezos/tz1"),
        "EGLD": (bech32_bytes.encode("erd", key), "bech32/key"),
        "ICP": (icp.encode(icp_account(key)), "icp/default-account"),
        "CSPR": (casper.encode(key), "casper/account-hash"),
        "KDA": ("k:" + key.hex(), "kadena/key"),
        "SC": (sia.encode(sia.standard_conditions(key)), "sia/standard-conditions"),
        "LSK": (lisk32.encode("lsk", sha256(key)[:20]), "lisk32/sha256"),
        "KLY": (lisk32.encode("kly", sha256(key)[:20]), "lisk32/sha256"),
        "POKT": (sha256(key)[:20].hex(), "pocket/sha256"),
    }


def _case(name: str, coin: str, verdict: Verdict, scheme: str, *cells: str) -> Case:
    return Case(name, coin, OwnershipClaim(cells[0], MESSAGE, *cells[1:]), verdict, scheme)


def ed25519_cases(seed: str) -> list[Case]:
    key, signature = public(seed), ed_signature(seed)
    cases = [
        _case(coin, coin, Verdict.OWNED, scheme, address, signature, "", key.hex())
        for coin, (address, scheme) in addresses(key).items()
    ]
    for name, address in wallets(key).items():
        for bounceable in (True, False):
            text = ton.encode(address, bounceable=bounceable)
            cases.append(
                _case(f"{name} {text[:1]}", "USDT-TON", Verdict.OWNED, f"ton/{name}", text, signature, "", key.hex())
            )
    v3r2 = wallets(key)["v3r2"].hash.hex()
    principal = icp.principal_of(bytes.fromhex("302a300506032b6570032100") + key)
    in_base64 = b64encode(bytes.fromhex(signature[2:])).decode()
    return [
        *cases,
        _case("ton raw", "TON", Verdict.OWNED, "ton/v3r2", f"0:{v3r2}", signature, "", "0x" + key.hex()),
        _case(
            *("aptos single key", "APTOS", Verdict.OWNED, "aptos/single-key"),
            *("0x" + hashlib.sha3_256(b"\0\x20" + key + b"\2").hexdigest(), signature, "", key.hex()),
        ),
        _case("no key cell", "SOL", Verdict.OWNED, "solana/key", base58.encode(key), signature),
        _case("base64", "SOL", Verdict.OWNED, "solana/key", base58.encode(key), in_base64, "", b64encode(key).decode()),
        _case(
            *("principal", "ICP", Verdict.OWNED, "icp/default-account", icp.encode_principal(principal)),
            *(signature, "", key.hex()),
        ),
        _case(
            *("account hash", "CSPR", Verdict.OWNED, "casper/account-hash"),
            *(f"account-hash-{casper.account_hash(key).hex()}", signature, "", key.hex()),
        ),
    ]


def owner_signed_cases(seed: str) -> list[Case]:
    """Rows that prove a key, which only the chain can tie to the address."""
    key, signature = public(seed), ed_signature(seed)
    rotated = addresses(key)["APTOS"][0]
    kept = "0x" + sha256(f"{seed} first key".encode()).hex()
    name = "okassay".ljust(11, "12345"[len(seed) % 5])
    point = eos_key(seed).public_key.format()
    cases = [
        _case(f"{coin} by name", coin, Verdict.OWNER_SIGNED, ACCOUNT_OF[coin], address, signature, "", key.hex())
        for coin, address in NAMES_ONLY.items()
    ]
    signed = (eos_signature(seed), "")
    return [
        *cases,
        _case(
            *("rotated", "APTOS", Verdict.OWNER_SIGNED, "aptos/sha3-256"), *(kept, signature, "", key.hex(), rotated)
        ),
        _case(
            "eos", "VAULTA", Verdict.OWNER_SIGNED, "eos/okx-sha256", name, *signed, antelope.encode_key(point, old=True)
        ),
        _case("eos new", "WAX", Verdict.OWNER_SIGNED, "eos/okx-sha256", name, *signed, antelope.encode_key(point)),
    ]


def bound_cases(seed: str) -> list[Case]:
    """BLS and Starknet: the address is part of what is proven."""
    key, validator = stark_key(seed), validator_key(seed)
    other = int(sha256(seed.encode()).hex(), 16) % felt.ADDRESS_END
    cases = [_case("beth", "BETH", Verdict.OWNER_SIGNED, "bls/eip191-keccak", validator, bls_signature(seed))]
    for name, address, verdict in (
        ("proxy", proxy(key), Verdict.OWNED),
        ("cairo1", cairo1(key), Verdict.OWNED),
        ("key", other, Verdict.OWNER_SIGNED),
    ):
        signature = stark_signature(seed, address)
        cases.append(
            _case(name, "STARKNET", verdict, f"starknet/{name}", felt.encode(address), signature, "", hex(key))
        )
    return cases


@cache
def all_25519_cases(seed: str = "assay") -> tuple[Case, ...]:
    return (*ed25519_cases(seed), *owner_signed_cases(seed), *bound_cases(seed))
