"""Ten thousand proofs with something changed after they were made: none is accepted, and none breaks the verifier."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from indexer.liabilities.stark.encoding import decode, fingerprints_at, header_bytes
from indexer.liabilities.stark.errors import ProofError
from indexer.liabilities.stark.verifier import verify_segment
from tests.stark import kit

TAMPERED = 10_000


def test_tampered_proofs_are_refused() -> None:
    users = kit.population(kit.TINY, users=150, assets=2)
    stated, data = kit.prove(kit.TINY, users)
    assert verify_segment(stated, 0, data) == stated.totals
    sections = _sections(stated.layout.params.rows, data, fingerprints_at(stated.layout))
    chance = random.Random(8)
    reasons: Counter[str] = Counter()
    for _ in range(TAMPERED):
        low, high = chance.choice(sections)
        copy = bytearray(data)
        _change(copy, chance, low, high)
        if copy == data:
            copy[low] ^= 1
        with pytest.raises(ProofError) as refused:
            verify_segment(stated, 0, bytes(copy))
        reasons[str(refused.value)] += 1
    assert sum(reasons.values()) == TAMPERED
    assert len(reasons) > 5, reasons  # refused for many reasons, not by one check


def test_every_bit_of_the_first_message_counts() -> None:
    """What a customer derives alpha from: statement, root of users, commitments, sums."""
    users = kit.population(kit.TINY, users=9, assets=1)
    stated, data = kit.prove(kit.TINY, users)
    for at in range(header_bytes(), fingerprints_at(stated.layout)):
        for bit in range(8):
            copy = bytearray(data)
            copy[at] ^= 1 << bit
            with pytest.raises(ProofError):
                verify_segment(stated, 0, bytes(copy))


def test_any_bytes_of_the_right_length_get_an_answer() -> None:
    users = kit.population(kit.TINY, users=9, assets=1)
    stated, data = kit.prove(kit.TINY, users)
    chance = random.Random(9)
    for _ in range(200):
        body = bytearray(chance.randbytes(len(data) - header_bytes()))
        body[3::4] = bytes(each & 0x3F for each in body[3::4])  # words below P, so that decoding goes on
        with pytest.raises(ProofError):
            verify_segment(stated, 0, data[: header_bytes()] + bytes(body))
    zeros = data[: header_bytes()] + bytes(len(data) - header_bytes())
    assert decode(stated.layout, zeros).nonce == 0
    with pytest.raises(ProofError):
        verify_segment(stated, 0, zeros)


def _sections(rows: int, data: bytes, prints: int) -> list[tuple[int, int]]:
    """The head, the first message, the fingerprints, and the rest in ten parts, so that the small ones are hit, too."""
    begin = prints + 20 * rows
    step = (len(data) - begin) // 10
    parts = [(at, min(at + step, len(data))) for at in range(begin, len(data), step)]
    return [(0, header_bytes()), (header_bytes(), prints), (prints, begin), *parts]


def _change(copy: bytearray, chance: random.Random, low: int, high: int) -> None:
    at, kind = chance.randrange(low, high), chance.randrange(5)
    if kind == 0:
        copy[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        copy[at] = chance.randrange(256)
    elif kind == 2:  # a word a little greater
        end = min(at + 4, high)
        value = (int.from_bytes(copy[at:end], "little") + 1) % (1 << 8 * (end - at))
        copy[at:end] = value.to_bytes(end - at, "little")
    elif kind == 3:  # two pieces of 32 bytes change places
        other = chance.randrange(low, high)
        size = min(32, high - max(at, other), abs(at - other))
        one, two = copy[at : at + size], copy[other : other + size]
        copy[at : at + size], copy[other : other + size] = two, one
    else:  # 20 zeros
        size = min(20, high - at)
        copy[at : at + size] = bytes(size)
