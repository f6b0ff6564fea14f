"""The verifier against tries built the slow way, and against every forgery we can think of."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chains.codec.evm_address import keccak256
from chains.evm.proof import rlp
from chains.evm.proof.errors import ProofError
from chains.evm.proof.trie import EMPTY_ROOT, NODE_BYTES_MAX, lookup
from tests.chains.proof import tries
from tests.chains.proof.tries import Trie

# Few distinct bytes and long shared beginnings: extensions, embedded nodes and deep branches are then common.
PATHS = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.lists(st.sampled_from((0x00, 0x01, 0x10, 0xFF)), min_size=32, max_size=32).map(bytes),
    st.integers(0, 600).map(lambda number: number.to_bytes(32, "big")),
)
VALUES = st.one_of(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=120))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(PATHS, VALUES, max_size=40), PATHS)
@example({}, bytes(32))
@example({bytes(32): b"\1", bytes(31) + b"\1": b"\2"}, bytes(31) + b"\2")
def test_whatever_a_trie_holds_is_proven_and_nothing_else(entries: dict[bytes, bytes], other: bytes) -> None:
    trie = Trie(entries)
    for path in (*entries, other):
        assert lookup(trie.root, path, trie.prove(path)) == entries.get(path)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(PATHS, VALUES, min_size=1, max_size=40), PATHS, st.data())
def test_a_proof_of_another_path_proves_only_what_it_covers(
    entries: dict[bytes, bytes], wanted: bytes, data: st.DataObject
) -> None:
    trie = Trie(entries)
    proof = trie.prove(data.draw(st.sampled_from(sorted(entries))))
    try:
        assert lookup(trie.root, wanted, proof) == entries.get(wanted)
    except ProofError:
        assert proof != trie.prove(wanted)


@given(st.binary(max_size=80))
def test_no_bytes_make_the_decoder_fall_over(data: bytes) -> None:
    try:
        parts = rlp.items(data)
    except ProofError:
        return
    assert tries.rlp([_decode(part) for part in parts]) == data, "only one encoding of a list is accepted"


def _decode(part: bytes) -> tries.Node:
    return rlp.text(part) if part[0] < 0xC0 else [_decode(inner) for inner in rlp.items(part)]


NESTED = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(NESTED)
def test_encoding_is_the_definition(item: rlp.Item) -> None:
    assert rlp.encode(item) == tries.rlp(item)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "not an RLP list"),
        ("83616263", "not an RLP list"),
        ("c2c3", "bytes after|truncated|needless|beyond"),
        ("c28101", "needless prefix"),
        ("c1", "truncated"),
        ("c0c0", "bytes after"),
        ("f801c0", "not canonical"),
        ("f8", "not canonical"),
        ("f90037" + "80" * 55, "not canonical"),
        ("f90040" + "80" * 64, "not canonical"),
        ("ff" + "ff" * 8, "not canonical"),
        ("c3b80161", "not canonical"),
        ("c281", "truncated"),
        ("c181", "needless"),
    ],
)
def test_only_canonical_lists(data: str, why: str) -> None:
    with pytest.raises(ProofError, match=why):
        rlp.items(bytes.fromhex(data))


@pytest.mark.parametrize("data", ["820001", "00", "a1" + "11" * 33, "c0", "", "8101", "0102"])
def test_only_canonical_numbers(data: str) -> None:
    with pytest.raises(ProofError):
        rlp.number(bytes.fromhex(data), bytes_max=32)


def test_the_empty_trie() -> None:
    assert lookup(EMPTY_ROOT, bytes(32), []) is None
    assert lookup(EMPTY_ROOT, bytes(32), [b"\x80"]) is None  # as some nodes put it
    for forged in ([b"\x80", b"\x80"], [b"\xc0"], [b""]):
        with pytest.raises(ProofError):
            lookup(EMPTY_ROOT, bytes(32), forged)
    with pytest.raises(ProofError):
        lookup(bytes(32), bytes(32), [])


def test_embedded_nodes_may_be_listed_once_more_and_no_more_often() -> None:
    entries = {bytes(32): b"\1", bytes(31) + b"\1": b"\2"}
    trie = Trie(entries)
    (top,) = trie.prove(bytes(32))
    branch = rlp.items(top)[1]
    leaf = rlp.items(branch)[0]
    assert len(branch) < 32
    for proof in ([top], [top, branch], [top, branch, leaf], [top, leaf]):
        assert lookup(trie.root, bytes(32), proof) == b"\1"
    for proof in ([top, leaf, branch], [top, branch, branch], [top, branch, leaf, leaf], [branch, leaf]):
        with pytest.raises(ProofError):
            lookup(trie.root, bytes(32), proof)


def test_a_leaf_as_long_as_a_full_branch() -> None:
    value = b"\xa0" * 492
    trie = Trie({bytes(32): value})
    assert [len(node) for node in trie.prove(bytes(32))] == [532]
    assert lookup(trie.root, bytes(32), trie.prove(bytes(32))) == value


def _rooted(node: tries.Node) -> tuple[bytes, list[bytes]]:
    encoded = tries.rlp(node)
    return keccak256(encoded), [encoded]


HASH = b"\x77" * 32


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ([b"\x20" + bytes(32), b""], "without a value"),
        ([b"\x20" + bytes(32), [b"\1"]], "not an RLP byte string"),
        ([b"\x20" + bytes(31), b"\1"], "another depth"),
        ([b"\x20" + bytes(33), b"\1"], "another depth"),
        ([b"\x40" + bytes(32), b"\1"], "hex-prefix"),
        ([b"\x21" + bytes(32), b"\1"], "hex-prefix"),
        ([b"", b"\1"], "hex-prefix"),
        ([b"\x00", HASH], "no length"),
        ([b"\x00" + bytes(32), HASH], "beyond the path"),
        ([b"\x00\x00", b""], "nowhere"),
        ([b"\x00\x00", b"\1"], "neither a hash"),
        ([b"\x00\x00", [HASH]], "neither a hash"),
        ([HASH] * 16 + [b"\1"], "with a value"),
        ([HASH] * 15 + [b"", b"\1"], "with a value"),
        ([b"", b""] * 8 + [b"\1"], "with a value"),
        ([HASH] * 3, "3 items"),
        ([], "0 items"),
        ([b"\x20" + bytes(32), b"\1" * NODE_BYTES_MAX], "not the one referred to"),
        ([b"\x00\x00", HASH], "missing"),
    ],
)
def test_a_root_of_nonsense_proves_nothing(node: tries.Node, why: str) -> None:
    with pytest.raises(ProofError, match=why):
        lookup(*_in_order(*_rooted(node)))


def _in_order(root: bytes, proof: list[bytes]) -> tuple[bytes, bytes, list[bytes]]:
    return root, bytes(32), proof


def test_a_branch_below_the_end_of_the_path() -> None:
    for children in ([HASH] * 16, [HASH] + [b""] * 15):
        branch: tries.Node = [*children, b""]
        nodes = [branch]
        for _ in range(64):
            parent: tries.Node = [keccak256(tries.rlp(nodes[0])), *[b""] * 16]
            nodes.insert(0, parent)
        proof = [tries.rlp(node) for node in nodes]
        with pytest.raises(ProofError, match="beyond the path"):
            lookup(keccak256(proof[0]), bytes(32), proof)


def _forgeries(
    rng: random.Random, proof: Sequence[bytes], foreign: Sequence[bytes]
) -> Iterator[tuple[str, list[bytes]]]:
    """Every kind of damage to a proof. ``foreign`` are nodes of other proofs."""
    nodes = list(proof)
    for index, node in enumerate(nodes):
        for bit in rng.sample(range(8 * len(node)), 24):
            flipped = bytearray(node)
            flipped[bit // 8] ^= 1 << bit % 8
            yield "bit flipped", [*nodes[:index], bytes(flipped), *nodes[index + 1 :]]
        cut = rng.randrange(len(node))
        yield "node truncated", [*nodes[:index], node[:cut], *nodes[index + 1 :]]
        yield "node extended", [*nodes[:index], node + rng.randbytes(1), *nodes[index + 1 :]]
        yield "node dropped", nodes[:index] + nodes[index + 1 :]
        yield "node repeated", [*nodes[:index], node, *nodes[index:]]
        yield "node inserted", [*nodes[:index], rng.choice(foreign), *nodes[index:]]
        yield "proof truncated", nodes[:index]
        for stranger in rng.sample(list(foreign), 2):
            yield "node replaced", [*nodes[:index], stranger, *nodes[index + 1 :]]
        other = rng.randrange(len(nodes))
        if other != index:
            swapped = nodes.copy()
            swapped[index], swapped[other] = swapped[other], swapped[index]
            yield "nodes swapped", swapped
    yield "node appended", [*nodes, rng.choice(foreign)]


def test_no_forgery_is_accepted() -> None:
    rng = random.Random(20261124)
    entries = {keccak256(rng.randbytes(20)): rng.randbytes(rng.randrange(1, 110)) for _ in range(3_000)}
    trie = Trie(entries)
    absent = [keccak256(rng.randbytes(20)) for _ in range(20)]
    paths = rng.sample(sorted(entries), 60) + absent
    tried: Counter[str] = Counter()
    for path in paths:
        proof = trie.prove(path)
        assert lookup(trie.root, path, proof) == entries.get(path)
        stranger = Trie({keccak256(rng.randbytes(20)): rng.randbytes(70) for _ in range(4)} | {path: rng.randbytes(70)})
        foreign = [node for node in stranger.prove(path) + trie.prove(rng.choice(paths)) if node not in proof]
        foreign += [rng.randbytes(532), b"", b"\x80"]
        for kind, forged in _forgeries(rng, proof, foreign):
            with pytest.raises(ProofError):
                lookup(trie.root, path, forged)
            tried[kind] += 1
        for wrong in (stranger.root, rng.randbytes(32)):
            with pytest.raises(ProofError):
                lookup(wrong, path, proof)
            tried["wrong root"] += 1
        with pytest.raises(ProofError):  # nobody else's proof: it ends elsewhere
            lookup(trie.root, bytes([path[0] ^ 0x80]) + path[1:], proof)
        tried["wrong key"] += 1
        value = entries.get(path)
        if value is not None:
            changed = proof[-1].replace(value, bytes([value[0] ^ 1]) + value[1:])
            with pytest.raises(ProofError):
                lookup(trie.root, path, [*proof[:-1], changed])
            tried["value changed"] += 1
    assert tried.total() >= 10_000, tried
