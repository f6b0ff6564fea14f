"""bech32 and bech32m: the vectors of BIP-173 and BIP-350, python-bitcoinlib for version 0, and mutations."""

from __future__ import annotations

import pytest
from bitcoin import segwit_addr  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from chains.codec import bech32
from chains.errors import BadAddress

VALID_BECH32 = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]
VALID_BECH32M = [
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
INVALID = [
    "\x201nwldj5",
    "\x7f1axkwrx",
    "\x801eym55h",
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    "\x201xj0phk",
    "\x7f1g6xzxy",
    "\x801vctc34",
    "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
    "qyrz8wqd2c9m",
    "1qyrz8wqd2c9m",
    "y1b0jsk6g",
    "lt1igcx5c0",
    "in1muywd",
    "mm1crxm3i",
    "au1s5cgom",
    "M1VUXWEZ",
    "16plkw9",
    "1p2gdwpf",
]
SEGWIT = [
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", 0, "751e76e8199196d454941c45d1b3a323f1433bd6"),
    (
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        0,
        "1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    ),
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        1,
        "751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    ("BC1SW50QGDZ25J", 16, "751e"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", 2, "751e76e8199196d454941c45d1b3a323"),
    (
        "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
        0,
        "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    ),
    (
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        1,
        "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        1,
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
]
NOT_SEGWIT = [
    ("tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", "prefix"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "asks for bech32m"),
    ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", "asks for bech32m"),
    ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", "asks for bech32m"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "asks for bech32$"),
    ("tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47", "asks for bech32$"),
    ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "'o' is not in the bech32 alphabet"),
    ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "witness version 17"),
    ("bc1pw5dgrnzv", "1 bytes"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", "41 bytes"),
    ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "16 bytes"),
    ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", "mixed"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", "padding"),
    ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "padding"),
    ("bc1gmk9yu", "missing"),
    ("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "prefix"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum is wrong"),
]
PROGRAMS = st.tuples(st.just(0), st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32)) | st.tuples(
    st.integers(1, 16), st.binary(min_size=2, max_size=40)
)


@pytest.mark.parametrize("text", VALID_BECH32)
def test_valid_bech32(text: str) -> None:
    assert bech32.read(text)[3] == bech32.BECH32


@pytest.mark.parametrize("text", VALID_BECH32M)
def test_valid_bech32m(text: str) -> None:
    assert bech32.read(text)[3] == bech32.BECH32M


@pytest.mark.parametrize("text", INVALID)
def test_invalid_texts(text: str) -> None:
    with pytest.raises(BadAddress):
        bech32.read(text)


@pytest.mark.parametrize(("text", "version", "program"), SEGWIT)
def test_segwit_addresses(text: str, version: int, program: str) -> None:
    hrp = text[:2].lower()
    assert bech32.decode_segwit(text, hrp) == (version, bytes.fromhex(program))
    assert bech32.encode_segwit(hrp, version, bytes.fromhex(program)) == text.lower()


@pytest.mark.parametrize(("text", "why"), NOT_SEGWIT)
def test_not_segwit_and_why(text: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        bech32.decode_segwit(text, "tb" if text.startswith("tb") else "bc")


@given(PROGRAMS)
def test_round_trip_in_both_cases(witness: tuple[int, bytes]) -> None:
    text = bech32.encode_segwit("ltc", *witness)
    assert bech32.decode_segwit(text, "ltc") == witness
    assert bech32.decode_segwit(text.upper(), "ltc") == witness


@given(st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32))
def test_the_reference_agrees_on_version_0(program: bytes) -> None:
    text = bech32.encode_segwit("bc", 0, program)
    assert text == segwit_addr.encode("bc", 0, program)
    version, values = segwit_addr.decode("bc", text)
    assert (version, bytes(values)) == bech32.decode_segwit(text, "bc")


@given(PROGRAMS, st.data())
def test_up_to_four_wrong_characters_are_refused(witness: tuple[int, bytes], data: st.DataObject) -> None:
    text = bech32.encode_segwit("bc", *witness)
    places = data.draw(st.sets(st.integers(3, len(text) - 1), min_size=1, max_size=4))
    letters = list(text)
    for place in places:
        letters[place] = data.draw(st.sampled_from(bech32.ALPHABET.replace(text[place], "")))
    with pytest.raises(BadAddress):
        bech32.decode_segwit("".join(letters), "bc")


@given(st.text(max_size=95))
def test_any_text_is_refused_or_stands_for_itself(text: str) -> None:
    for candidate in (text, f"bc1{text}"):
        try:
            witness = bech32.decode_segwit(candidate, "bc")
        except BadAddress:
            continue
        assert bech32.encode_segwit("bc", *witness) == candidate.lower()


def test_a_letter_that_only_folds_to_ascii_is_refused() -> None:
    text = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"
    with pytest.raises(BadAddress):
        bech32.decode_segwit(text.replace("K", "\u212a"), "bc")  # the Kelvin sign, whose lower case is k


@given(st.lists(st.integers(0, 31), max_size=bech32.LONGEST - 9), st.sampled_from([bech32.BECH32, bech32.BECH32M]))
def test_texts_longer_than_bip_173_allows_keep_their_checksum(values: list[int], checksum: int) -> None:
    text = bech32.write("tb", values, checksum)
    number = 0
    for value in values:
        number = number << 5 | value
    assert bech32.read(text, bech32.LONGEST) == ("tb", number, len(values), checksum)
    if values:
        wrong = bech32.ALPHABET[values[0] ^ 1]
        with pytest.raises(BadAddress, match="checksum"):
            bech32.read(f"tb1{wrong}{text[4:]}", bech32.LONGEST)
