"""One honest row for every way in which BIP-322 proves an address, simple and full."""

from __future__ import annotations

from base64 import b64encode
from functools import cache

from bitcoin.core.script import CScript  # type: ignore[import-untyped]

from chains.codec import base58check, bech32
from tests.ownership.cases import Case, owned
from tests.ownership.signing import hash160, multisig_script, point, sha256, short, vs
from tests.ownership.spending import Spend, even, key_code, leaf_hash, p2sh, some_of, taproot, witness, x_only


def late(spend: Spend) -> Spend:
    """With the locks of BIP-322's own vectors."""
    return spend._replace(version=2, sequence=2016, locktime=2016)


def case(name: str, scheme: str, address: str, raw: bytes) -> Case:
    return owned(f"bip322 {name}", "BTC", scheme, address, b64encode(raw).decode())


@cache
def all_bip322_cases(seed: str = "assay") -> tuple[Case, ...]:
    return (*legacy_cases(seed), *segwit_cases(seed), *nested_cases(seed), *taproot_cases(seed))


def legacy_cases(seed: str) -> list[Case]:
    cases = []
    for name, public in (("p2pkh", short(seed)), ("p2pkh long", point(seed)), ("p2pkh late", short(seed))):
        code = key_code(hash160(public))
        spend = late(Spend(code)) if name.endswith("late") else Spend(code)
        raw = spend.full(bytes(CScript([spend.legacy(seed, code), public])))
        cases.append(case(name, "p2pkh/bip322-full", base58check.encode(b"\0" + hash160(public)), raw))
    seeds = [f"{seed} {number}" for number in range(3)]
    script = multisig_script(2, point(seeds[0]), *map(short, seeds[1:]))
    spend = Spend(p2sh(script), version=2)
    signed = [spend.legacy(each, script) for each in seeds[:2]]
    address = base58check.encode(b"\5" + hash160(script))
    return [*cases, case("2-of-3", "p2sh/bip322-full", address, spend.full(bytes(CScript([0, *signed, script]))))]


def segwit_cases(seed: str) -> list[Case]:
    seeds = [f"{seed} {number}" for number in range(3)]
    script = multisig_script(2, *map(short, seeds))
    program, wide = b"\0\x14" + hash160(short(seed)), b"\0\x20" + sha256(script)
    plain, locked, many = Spend(program), late(Spend(program)), Spend(wide)
    stack = (plain.segwit(seed, key_code(program[2:])), short(seed))
    locked_stack = (locked.segwit(seed, key_code(program[2:])), short(seed))
    by_script = (b"", many.segwit(seeds[0], script), many.segwit(seeds[2], script), script)
    address, wide_address = (bech32.encode_segwit("bc", 0, each[2:]) for each in (program, wide))
    return [
        case("p2wpkh", "p2wpkh/bip322-simple", address, witness(*stack)),
        case("p2wpkh full", "p2wpkh/bip322-full", address, plain.full(b"", stack)),
        case("p2wpkh late", "p2wpkh/bip322-full", address, locked.full(b"", locked_stack)),
        case("p2wsh", "p2wsh/bip322-simple", wide_address, witness(*by_script)),
        case("p2wsh full", "p2wsh/bip322-full", wide_address, many.full(b"", by_script)),
    ]


def nested_cases(seed: str) -> list[Case]:
    seeds = [f"{seed} {number}" for number in range(3)]
    script = multisig_script(2, *map(short, seeds))
    program, wide = b"\0\x14" + hash160(short(seed)), b"\0\x20" + sha256(script)
    cases = []
    for name, inner in (("nested", program), ("nested script", wide)):
        spend, address = Spend(p2sh(inner)), base58check.encode(b"\5" + hash160(inner))
        stack: tuple[bytes, ...] = (spend.segwit(seed, key_code(inner[2:])), short(seed))
        if inner is wide:
            stack = (b"", *(spend.segwit(each, script) for each in seeds[1:]), script)
        cases.append(case(name, "p2sh/bip322-simple", address, witness(*stack)))
        cases.append(case(f"{name} full", "p2sh/bip322-full", address, spend.full(vs(inner), stack)))
    return cases


def taproot_cases(seed: str) -> list[Case]:
    seeds = [f"{seed} {number}" for number in range(3)]
    by_key, single, several = taproot(seed), vs(x_only(seeds[0])) + b"\xac", some_of(2, *seeds)
    alone, beside = taproot(seed, single), taproot(seed, several, leaf_hash(single), sha256(b"another branch"))
    plain, one, more = Spend(by_key.script), Spend(alone.script), Spend(beside.script)
    stack = (one.schnorr(even(seeds[0]), single), single, alone.control)
    explicit = (one.schnorr(even(seeds[0]), single, 1), single, alone.control)
    first, third = (more.schnorr(even(each), several) for each in (seeds[0], seeds[2]))
    many = (third, b"", first, several, beside.control)
    key_address, one_address, many_address = (
        bech32.encode_segwit("bc", 1, each.script[2:]) for each in (by_key, alone, beside)
    )
    return [
        case("p2tr", "p2tr/bip322-simple", key_address, witness(plain.schnorr(by_key.secret))),
        case("p2tr full", "p2tr/bip322-full", key_address, plain.full(b"", [plain.schnorr(by_key.secret)])),
        case("leaf of one", "p2tr/bip322-simple", one_address, witness(*stack)),
        case("leaf of one, all", "p2tr/bip322-full", one_address, one.full(b"", explicit)),
        case("leaf of 2-of-3", "p2tr/bip322-simple", many_address, witness(*many)),
        case("leaf of 2-of-3 full", "p2tr/bip322-full", many_address, more.full(b"", many)),
    ]
