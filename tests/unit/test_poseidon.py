"""Both Poseidon permutations against vectors that others published, and the rules around them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities import poseidon_bn254, poseidon_goldilocks
from indexer.liabilities.grain import parameters
from indexer.liabilities.poseidon_bn254 import R
from indexer.liabilities.poseidon_goldilocks import P, hash_no_pad, two_to_one

words = st.integers(min_value=0, max_value=P - 1)

# plonky2's own test vectors (hash/poseidon_goldilocks.rs).
GOLDILOCKS = [
    (
        [0] * 12,
        "3c18a9786cb0b359 c4055e3364a246c3 7953db0ab48808f4 c71603f33a1144ca d7709673896996dc 46a84e87642f44ed"
        " d032648251ee0b3c 1c687363b207df62 df8565563e8045fe 40f5b37ff4254dae d070f637b431067c 1792b1c4342109d7",
    ),
    (
        list(range(12)),
        "d64e1e3efc5b8e9e 53666633020aaa47 d40285597c6a8825 613a4f81e81231d2 414754bfebd051f0 cb1f8980294a023f"
        " 6eb2a9e4d54a9d0f 1902bc3af467e056 f045d5eafdc6021f e4150f77caaa3be5 c9bfd01d39b50cce 5c0a27fcb0e1459b",
    ),
    (
        [P - 1] * 12,
        "be0085cfc57a8357 d95af71847d05c09 cf55a13d33c1c953 95803a74f4530e82 fcd99eb30a135df1 e095905e913a3029"
        " de0392461b42919b 7d3260e24e81d031 10d3d0465d9deaa0 a87571083dfc2a47 e18263681e9958f8 e28e96f1ae5e60d3",
    ),
]

# The authors' permutation vectors (hadeshash test_vectors.txt): x5_254_3 and, its first words, x5_254_5.
BN254_WIDTH_3 = [
    0x115CC0F5E7D690413DF64C6B9662E9CF2A3617F2743245519E19607A4417189A,
    0x0FCA49B798923AB0239DE1C9E7A4A9A2210312B6A2F616D18B5A87F9B628AE29,
    0x0E7AE82E40091E63CBD4F16A6D16310B3729D4B6E138FCF54110E2867045A30C,
]
BN254_WIDTH_5 = [
    0x299C867DB6C1FDD79DCEFA40E4510B9837E60EBB1CE0663DBAA525DF65250465,
    0x1148AAEF609AA338B27DAFD89BB98862D8BB2B429ACEAC47D86206154FFE053D,
]

# bnb-chain/gnark-crypto's tests: the number of inputs 1, 2, 3..., and their hash.
ZKMERKLE = {
    1: 0x112A4F9241E384B0EDE4655E6D2BBF7EBD9595775DE9E7536DF87CD487852FC4,
    2: BN254_WIDTH_3[1],
    4: BN254_WIDTH_5[1],
    24: 0x06C7676E83EF8CB9EF6C25746A5F6B2D39FBA4548B4C29B3D41490BBF3C1108D,
    30: 0x2FF47AB8E9E9F6134600A8DE8B8E99596E573620A7D8D39ED7B2C7CEF9F105F1,
}


@pytest.mark.parametrize(("state", "expected"), GOLDILOCKS)
def test_goldilocks_permutation(state: list[int], expected: str) -> None:
    assert [f"{word:016x}" for word in poseidon_goldilocks.permute(state)] == expected.split()


def test_bn254_permutation() -> None:
    assert poseidon_bn254.permute([0, 1, 2]) == BN254_WIDTH_3
    assert poseidon_bn254.permute([0, 1, 2, 3, 4])[:2] == BN254_WIDTH_5


@pytest.mark.parametrize(("count", "expected"), ZKMERKLE.items())
def test_zkmerkle_hash(count: int, expected: int) -> None:
    assert poseidon_bn254.poseidon(range(1, count + 1)) == expected


def test_grain_gives_the_published_constants_of_summa() -> None:
    """Width 2 with 56 partial rounds: the first constants as Summa prints them."""
    constants, matrix = parameters(prime=R, width=2, full=8, partial=56)
    assert constants[:2] == (
        0x09C46E9EC68E9BD4FE1FAABA294CBA38A71AA177534CDD1B6C7DC0DBD0ABD7A7,
        0x0C0356530896EEC42A97ED937F3135CFC5142B3AE405B8343C1D83FFA604CB81,
    )
    assert len(constants) == 128
    assert len({entry for row in matrix for entry in row}) == 4


@settings(max_examples=20, deadline=None)
@given(st.lists(words, min_size=4, max_size=4), st.lists(words, min_size=4, max_size=4))
def test_two_to_one_is_the_sponge_and_not_symmetric(left: list[int], right: list[int]) -> None:
    one, other = (left[0], left[1], left[2], left[3]), (right[0], right[1], right[2], right[3])
    assert two_to_one(one, other) == hash_no_pad([*left, *right])
    assert (two_to_one(one, other) == two_to_one(other, one)) is (one == other)


@settings(max_examples=20, deadline=None)
@given(st.lists(words, max_size=20))
def test_goldilocks_digest_is_canonical_and_ignores_nothing(elements: list[int]) -> None:
    digest = hash_no_pad(elements)
    assert all(0 <= word < P for word in digest)
    for at in range(len(elements)):
        assert hash_no_pad([*elements[:at], (elements[at] + 1) % P, *elements[at + 1 :]]) != digest


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=R - 1), min_size=1, max_size=15))
def test_bn254_digests_change_with_every_input(elements: list[int]) -> None:
    for digest in (poseidon_bn254.poseidon, poseidon_bn254.poseidon_constant_length):
        assert 0 <= digest(elements) < R
        for at in {0, len(elements) - 1}:
            assert digest([*elements[:at], (elements[at] + 1) % R, *elements[at + 1 :]]) != digest(elements)
