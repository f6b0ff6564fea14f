"""BIP-322 by rows made here: every way to spend is proven; what spending refuses, or nobody has defined, is not."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import pytest
from bitcoin.core.script import OP_PUSHDATA1, CScript  # type: ignore[import-untyped]

from chains.codec import base58check, bech32
from chains.ownership.types import OwnershipClaim, OwnershipResult, Verdict
from tests.ownership.cases import Case, book
from tests.ownership.cases_bip322 import all_bip322_cases
from tests.ownership.mutants import mutants
from tests.ownership.signing import MESSAGE, ORDER, hash160, multisig_script, point, sha256, short, vs
from tests.ownership.spending import ALL, Spend, even, key_code, leaf_hash, p2sh, some_of, taproot, witness, x_only

BAD, UNJUDGED, OWNED = Verdict.BAD_SIGNATURE, Verdict.UNSUPPORTED, Verdict.OWNED
SEEDS = ("k0", "k1", "k2")


def verify(address: str, raw: bytes, script_or_key: str = "") -> OwnershipResult:
    claim = OwnershipClaim(address, MESSAGE, b64encode(raw).decode(), "", script_or_key)
    return book().verify("BTC", "", claim)


@pytest.mark.parametrize("seed", ["assay", "another", "third"])
def test_every_way_is_proven(seed: str) -> None:
    for case in all_bip322_cases(seed):
        result = book().verify(case.coin, "", case.claim)
        assert (result.verdict, result.scheme) == (case.verdict, case.scheme), (case.name, result)


@pytest.mark.parametrize(
    ("case", "other"), list(zip(all_bip322_cases(), all_bip322_cases("other"), strict=True)), ids=lambda c: c.name
)
def test_no_mutant_survives(case: Case, other: Case) -> None:
    tried = list(mutants(case, other))
    assert len(tried) >= 1_000
    for mutant in tried:
        result = book().verify(case.coin, "", mutant)
        assert result.verdict not in (OWNED, Verdict.OWNER_SIGNED), (mutant, result)


SEGWIT = b"\0\x14" + hash160(short("k0"))
ADDRESS = bech32.encode_segwit("bc", 0, SEGWIT[2:])


@pytest.mark.parametrize(
    ("version", "verdict"), [(0, OWNED), (1, UNJUDGED), (2, OWNED), (3, UNJUDGED), (2**31, UNJUDGED)]
)
def test_versions_without_rules_are_inconclusive_once_they_are_signed(version: int, verdict: Verdict) -> None:
    spend = Spend(SEGWIT, version=version - 2**32 if version >= 2**31 else version)
    stack = (spend.segwit("k0", key_code(SEGWIT[2:])), short("k0"))
    assert verify(ADDRESS, spend.full(b"", stack)).verdict is verdict
    assert verify(ADDRESS, Spend(SEGWIT, version=1).full(b"", stack)).verdict is (UNJUDGED if version == 1 else BAD)


@pytest.mark.parametrize(
    "spend",
    [Spend(SEGWIT, locktime=500_000_000), Spend(SEGWIT, sequence=2**32 - 1), Spend(SEGWIT, locktime=2**31 - 1)],
)
def test_locks_are_told_and_signed(spend: Spend) -> None:
    stack = (spend.segwit("k0", key_code(SEGWIT[2:])), short("k0"))
    result = verify(ADDRESS, spend.full(b"", stack))
    assert result.verdict is OWNED
    assert f"valid at time {spend.locktime} and age {spend.sequence}" in result.detail
    assert verify(ADDRESS, Spend(SEGWIT).full(b"", stack)).verdict is BAD


def test_only_one_input_and_the_one_output() -> None:
    spend = Spend(SEGWIT)
    stack = (spend.segwit("k0", key_code(SEGWIT[2:])), short("k0"))
    good = spend.full(b"", stack)
    funds = good[:6] + b"\2" + good[7:]
    assert verify(ADDRESS, funds).detail.startswith("a BIP-322 proof of funds")
    assert verify(ADDRESS, funds).verdict is UNJUDGED
    for damaged in (
        funds[:7] + bytes(32) + funds[39:],  # more inputs, of which the first is not this message's
        good[:6] + b"\0" + good[7:],
        good[:4] + b"\0\2" + good[6:],
        good[:48] + b"\2" + good[49:],  # outputs
        good[:49] + b"\1" + good[50:],  # an amount
        good + b"\0",
        good[:4] + good[6:],  # a witness without its marker
        good[:6] + b"\xfd\1\0" + good[7:],
        Spend(SEGWIT).full(),
    ):
        assert verify(ADDRESS, damaged).verdict is BAD


def legacy(items: Sequence[bytes | int], script: bytes) -> bytes:
    return Spend(script).full(bytes(CScript(items)))


def high(der_and_type: bytes) -> bytes:
    """The same signature with the s that spending refuses."""
    r_end = 4 + der_and_type[3]
    r, s = der_and_type[4:r_end], der_and_type[r_end + 2 : -1]
    twin = (ORDER - int.from_bytes(s)).to_bytes(33).lstrip(b"\0")
    twin = b"\0" + twin if twin[0] & 0x80 else twin
    body = b"\2" + vs(r) + b"\2" + vs(twin)
    return b"\x30" + vs(body) + ALL


def test_a_legacy_key_is_held_to_the_rules_of_spending() -> None:
    code = key_code(hash160(short("k0")))
    signature, key = Spend(code).legacy("k0", code), short("k0")
    address = base58check.encode(b"\0" + hash160(key))
    assert verify(address, legacy([signature, key], code)).verdict is OWNED
    hybrid = bytes([6 + (point("k0")[-1] & 1)]) + point("k0")[1:]
    hybrid_code = key_code(hash160(hybrid))
    hybrid_row = legacy([Spend(hybrid_code).legacy("k0", hybrid_code), hybrid], hybrid_code)
    assert verify(base58check.encode(b"\0" + hash160(hybrid)), hybrid_row).verdict is BAD
    spend = Spend(code)
    for raw in (
        legacy([high(signature), key], code),
        legacy([signature[:-1] + b"\x81", key], code),
        legacy([signature[:-1], key], code),
        legacy([b"", key], code),
        legacy([signature, signature, key], code),
        legacy([key], code),
        legacy([signature, short("k1")], code),
        spend.full(vs(signature) + bytes([OP_PUSHDATA1]) + vs(key)),  # not the shortest push
        spend.full(vs(signature) + vs(key) + b"\x61"),
        spend.full(vs(signature) + vs(key)[:-1]),
        spend.full(bytes(CScript([signature, key])), [b"\1"]),
        spend.full(b"", [signature, key]),
        witness(signature, key),
    ):
        assert verify(address, raw).verdict is BAD


def test_a_legacy_script_is_held_to_the_rules_of_spending() -> None:
    script = multisig_script(2, *map(short, SEEDS))
    spend, address = Spend(p2sh(script)), base58check.encode(b"\5" + hash160(script))
    first, second, third = (spend.legacy(seed, script) for seed in SEEDS)
    assert verify(address, legacy([0, first, third, script], spend.script)).verdict is OWNED
    assert verify(address, legacy([0, first, third, script], spend.script), script.hex()).verdict is OWNED
    refused: list[list[bytes | int]] = [
        [0, third, first, script],
        [0, first, first, script],
        [0, first, script],
        [0, first, second, third, script],
        [first, second, script],
        [1, first, second, script],
        [0, first, high(second), script],
        [0, first, b"", script],
        [0, first, second, multisig_script(1, *map(short, SEEDS))],
        [0, first, spend.segwit("k1", script), script],
        [],
    ]
    for items in refused:
        assert verify(address, legacy(items, spend.script)).verdict is BAD
    assert verify(address, spend.full(bytes(CScript([0, first, second, script])), [b"\1"])).verdict is BAD
    assert verify(address, witness(b"", first, second, script)).verdict is BAD


def test_a_script_that_is_too_long_to_be_spent_is_no_proof() -> None:
    seeds = [f"many {number}" for number in range(16)]
    script = multisig_script(1, *map(short, seeds))
    assert len(script) > 520
    spend = Spend(p2sh(script))
    row = legacy([0, spend.legacy(seeds[0], script), script], spend.script)
    assert verify(base58check.encode(b"\5" + hash160(script)), row).verdict is BAD
    wide = Spend(b"\0\x20" + sha256(script))
    stack = witness(b"", wide.segwit(seeds[0], script), script)
    assert verify(bech32.encode_segwit("bc", 0, sha256(script)), stack).verdict is OWNED


def test_other_legacy_scripts_are_not_judged() -> None:
    script = vs(short("k0")) + b"\xac"
    row = legacy([Spend(p2sh(script)).legacy("k0", script), script], p2sh(script))
    assert verify(base58check.encode(b"\5" + hash160(script)), row).verdict is UNJUDGED


def test_a_nested_program_stands_alone() -> None:
    spend, address = Spend(p2sh(SEGWIT)), base58check.encode(b"\5" + hash160(SEGWIT))
    stack = (spend.segwit("k0", key_code(SEGWIT[2:])), short("k0"))
    assert verify(address, spend.full(vs(SEGWIT), stack)).verdict is OWNED
    assert verify(address, spend.full(b"\1\1" + vs(SEGWIT), stack)).verdict is BAD
    assert verify(address, spend.full(b"", stack)).verdict is BAD
    assert verify(address, witness(high(stack[0]), stack[1])).verdict is BAD
    assert verify(ADDRESS, Spend(SEGWIT).full(vs(SEGWIT), stack)).verdict is BAD
    long_code = key_code(hash160(point("k0")))
    long_program = b"\0\x14" + hash160(point("k0"))
    long_stack = witness(Spend(long_program).segwit("k0", long_code), point("k0"))
    assert verify(bech32.encode_segwit("bc", 0, long_program[2:]), long_stack).verdict is BAD


def leaf_row(leaf: bytes, *items: bytes, version: int = 0xC0, more: Sequence[bytes] = ()) -> OwnershipResult:
    """A row that shows this leaf. Items in the order of the stack."""
    output = taproot("internal", leaf, version=version)
    return verify(bech32.encode_segwit("bc", 1, output.script[2:]), witness(*items, leaf, output.control, *more))


def signed(seed: str, leaf: bytes, sighash: int = 0, version: int = 0xC0) -> bytes:
    return Spend(taproot("internal", leaf, version=version).script).schnorr(even(seed), leaf, sighash)


def test_a_leaf_of_several_keys_asks_for_exactly_as_many() -> None:
    leaf = some_of(2, *SEEDS)
    first, second, third = (signed(seed, leaf) for seed in SEEDS)
    assert leaf_row(leaf, third, b"", first).verdict is OWNED
    assert leaf_row(leaf, b"", signed("k1", leaf, 1), first).verdict is OWNED
    for stack in (
        (third, second, first),
        (b"", b"", first),
        (first, b"", third),
        (third, first),
        (b"", third, b"", first),
        (third, bytes(64), first),
        (third, b"", first + b"\0"),
        (third, b"", signed("k0", leaf, 3)),
        (third, b"", signed("k0", some_of(1, *SEEDS))),
        (),
    ):
        assert leaf_row(leaf, *stack).verdict is BAD
    never = some_of(4, *SEEDS)
    assert leaf_row(never, *(signed(seed, never) for seed in reversed(SEEDS))).verdict is BAD
    output = taproot("internal", leaf)
    by_key = witness(Spend(output.script).schnorr(output.secret))
    assert verify(bech32.encode_segwit("bc", 1, output.script[2:]), by_key).verdict is OWNED


def test_many_keys_and_a_threshold_beyond_sixteen() -> None:
    seeds = [f"many {number}" for number in range(20)]
    leaf = some_of(1, *seeds)[:-2] + b"\1\x11\x9c"
    signatures = [signed(seed, leaf) if number >= 3 else b"" for number, seed in enumerate(seeds)]
    assert len(leaf) > 520
    assert leaf_row(leaf, *reversed(signatures)).verdict is OWNED
    assert leaf_row(leaf, *reversed([b"", *signatures[:-1]])).verdict is BAD


KEY = vs(x_only("k0"))


@pytest.mark.parametrize(
    ("leaf", "named"),
    [
        (KEY + b"\xad" + vs(x_only("k1")) + b"\xac", "OP_CHECKSIGVERIFY"),
        (b"\2\xe0\x07\xb2\x75" + KEY + b"\xac", "a push of 2 bytes"),
        (b"\x51\xb2\x75" + KEY + b"\xac", "OP_CHECKSEQUENCEVERIFY"),
        (b"\xa8" + vs(bytes(32)) + b"\x88" + KEY + b"\xac", "OP_SHA256"),
        (vs(short("k0")) + b"\xac", "a push of 33 bytes"),  # a kind of key that is not defined: anybody may spend
        (b"\x50", "opcode 0x50"),  # OP_SUCCESS: anybody may spend
        (KEY + b"\xac" + KEY + b"\xba\x51\xa2", "OP_GREATERTHANOREQUAL"),
        (KEY + b"\xac" + KEY + b"\xba\0\x9c", "OP_0"),  # nobody need sign
        (KEY + b"\xac\x51\x9c\x51", "another order"),
        (KEY + b"\xba\x51\x9c", "another order"),
        (KEY + KEY + b"\xac", "another order"),
        (KEY + b"\xac\x51", "another order"),
        (KEY, "another order"),
        (KEY + b"\xac\1\x01\x9c", "a push of 1 bytes"),  # not the shortest number
        (b"\x4c" + KEY + b"\xac", "a push of 32 bytes"),
        (KEY + b"\x21", ""),
    ],
)
def test_other_leaves_are_named(leaf: bytes, named: str) -> None:
    result = leaf_row(leaf, signed("k0", leaf))
    assert result.verdict is (UNJUDGED if named else BAD)
    assert named in result.detail


def test_what_taproot_leaves_undefined_is_not_judged() -> None:
    leaf = KEY + b"\xac"
    assert leaf_row(leaf, signed("k0", leaf)).verdict is OWNED
    assert leaf_row(leaf, signed("k0", leaf), more=[b"\x50annex"]).verdict is UNJUDGED
    assert leaf_row(leaf, signed("k0", leaf, version=0xC2), version=0xC2).verdict is UNJUDGED
    output = taproot("internal", leaf)
    address, stranger = bech32.encode_segwit("bc", 1, output.script[2:]), taproot("stranger", leaf)
    for control in (stranger.control, output.control + leaf_hash(leaf), output.control[:-1], bytes(33)):
        assert verify(address, witness(signed("k0", leaf), leaf, control)).verdict is BAD
    for version, program in ((1, b"\x4e\x73"), (2, bytes(32)), (16, bytes(40))):
        text = bech32.encode_segwit("bc", version, program)
        assert verify(text, witness(bytes(64))).verdict is UNJUDGED
