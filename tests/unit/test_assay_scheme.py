"""assay-merkle-sum-v1: our own prover, verifier and standalone script agree, and no bent proof gets through."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.intake.users import BadUsers
from indexer.liabilities import assay_v1
from indexer.liabilities.assay_secret import Secrets
from indexer.liabilities.assay_sum import (
    Asset,
    Fold,
    Header,
    Node,
    Overflow,
    climb,
    pack,
    pad,
    parent,
    root_hash,
    unpack,
)
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from indexer.work.commitment import commit, read_secret
from indexer.work.commitment_proofs import Prover
from scripts import verify_inclusion
from tests.unit.liability_kit import file_document, json_document

SECRET = bytes(range(32))
USERS = "user,BTC:8,USDT:6\nalice,1.5,100\nbob,0,0.000001\ncarol,20999999,5\n"


def _commit(tmp_path: Path, users: str = USERS, *, parts: int = 2, name: str = "out") -> tuple[Path, dict[str, Any]]:
    listed = tmp_path / f"{name}.csv"
    listed.write_text(users)
    out = tmp_path / name
    made = commit(listed, secret=SECRET, out=out, snapshot="2026-11", parts=parts, publish_leaves=True)
    return out, made


def _verify(proof: dict[str, Any], root: str | None = None) -> LiabilityVerdict:
    return assay_v1.verify([json_document("proof.json", proof)], root)


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_every_user_of_every_small_tree(tmp_path: Path, count: int, parts: int) -> None:
    users = "user,BTC:8\n" + "".join(f"u{at},{at}.5\n" for at in range(count))
    out, made = _commit(tmp_path, users, parts=parts)
    assert made["leaves"] == count * parts
    with Prover(out, SECRET) as prover:
        for at in range(count):
            proof = prover.prove(f"u{at}")
            verdict = _verify(proof, made["root"])
            assert (verdict.valid, verdict.anchored) == (True, Anchor.EQUAL), verdict.rejected
            assert verdict.found[0].amount == at * 10**8 + 5 * 10**7
            assert verify_inclusion.verify(proof, bytes.fromhex(made["root"])) == [verdict.found[0].amount]


def test_totals_header_and_leaves_of_the_whole_commitment(tmp_path: Path) -> None:
    out, made = _commit(tmp_path)
    files = [file_document(out / "commitment.json"), file_document(out / "leaves.csv")]
    verdict = assay_v1.verify(files, made["root"])
    assert (verdict.valid, verdict.leaves) == (True, 6)
    assert [total.amount for total in verdict.totals] == [2_100_000_050_000_000, 105_000_001]
    assert Proven.COMPLETENESS in verdict.proven
    alone = assay_v1.verify(files[:1], made["root"])
    assert (alone.valid, alone.proven) == (True, ())


def test_the_root_does_not_depend_on_the_order_of_the_list_but_on_everything_else(tmp_path: Path) -> None:
    lines = USERS.splitlines()
    _, one = _commit(tmp_path)
    _, other = _commit(tmp_path, "\n".join([lines[0], *reversed(lines[1:])]), name="reversed")
    assert one == other
    listed = tmp_path / "out.csv"
    for at, (secret, snapshot) in enumerate([(bytes(32), "2026-11"), (SECRET, "2026-12")]):
        made = commit(listed, secret=secret, out=tmp_path / str(at), snapshot=snapshot, parts=2, publish_leaves=False)
        assert made["root"] != one["root"]


def _alice(tmp_path: Path) -> tuple[dict[str, Any], str]:
    out, made = _commit(tmp_path)
    with Prover(out, SECRET) as prover:
        return prover.prove("alice"), made["root"]


def test_every_changed_value_of_a_proof_is_refused_by_both_verifiers(tmp_path: Path) -> None:
    honest, root = _alice(tmp_path)
    tried = 0
    for steps in _paths(honest):
        forged = copy.deepcopy(honest)
        target: Any = forged
        for step in steps[:-1]:
            target = target[step]
        value = target[steps[-1]]
        target[steps[-1]] = value + 1 if isinstance(value, int) else value[:-1] + ("1" if value[-1] != "1" else "2")
        if steps == ("scheme",):
            continue
        assert not _good(_verify(forged, root)), steps
        if steps[0] not in ("root", "totals", "amounts"):  # the script makes these itself
            assert not _script_accepts(forged, root), steps
        tried += 1
    assert tried == 40


def _good(verdict: LiabilityVerdict) -> bool:
    return verdict.valid and verdict.anchored is Anchor.EQUAL


def _script_accepts(proof: dict[str, Any], root: str) -> bool:
    try:
        verify_inclusion.verify(proof, bytes.fromhex(root))
    except (verify_inclusion.NotProven, ValueError, KeyError, TypeError, IndexError, OverflowError):
        return False
    return True


def _paths(value: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [each for key, item in value.items() for each in _paths(item, (*steps, key))]
    if isinstance(value, list):
        return [each for key, item in enumerate(value) for each in _paths(item, (*steps, key))]
    return [steps]


def test_structural_forgeries_are_refused_by_both_verifiers(tmp_path: Path) -> None:
    honest, root = _alice(tmp_path)

    def forged() -> dict[str, Any]:
        return copy.deepcopy(honest)

    one_part = forged()
    one_part["parts"] = one_part["parts"][:1]
    duplicated = forged()
    duplicated["parts"][1] = duplicated["parts"][0]
    truncated = forged()
    truncated["parts"][0]["path"].pop()
    swapped = forged()
    swapped["parts"][0]["path"][:2] = reversed(swapped["parts"][0]["path"][:2])
    negative = forged()
    negative["parts"][0]["amounts"][0] = "-1"
    oversized = forged()
    oversized["parts"][0]["amounts"][0] = str(2**128)
    overflowing = forged()
    overflowing["parts"][0]["path"][0]["sums"][0] = str(2**128 - 1)
    for each in (one_part, duplicated, truncated, swapped, negative, oversized, overflowing):
        assert not _good(_verify(each, root))
        assert not _script_accepts(each, root)


def test_two_users_two_sums_is_refused(tmp_path: Path) -> None:
    """The attack that okx-merkle-v1 lets through: each is shown the other's side as empty, and a total of one."""
    alice, bob = Node(b"\x01" * 32, (10,)), Node(b"\x02" * 32, (10,))
    header = Header("2026-11", (Asset("BTC", 8),), 2)
    honest = root_hash(header, climb(header, alice, 0, [bob]))
    hidden = Node(bob.hash, (0,))
    assert root_hash(header, climb(header, alice, 0, [hidden])) != honest
    understated = Node(parent(1, alice, bob).hash, (10,))
    assert root_hash(header, understated) != root_hash(header, climb(header, alice, 0, [hidden]))


def test_one_proof_cannot_serve_two_users(tmp_path: Path) -> None:
    proof, root = _alice(tmp_path)
    documents = [json_document("a.json", proof), json_document("b.json", proof)]
    assert not assay_v1.verify(documents, root).valid
    assert not _good(_verify(proof | {"user": "bob"}, root))


def test_changed_leaves_are_refused(tmp_path: Path) -> None:
    out, made = _commit(tmp_path)
    honest = (out / "leaves.csv").read_text().splitlines()
    digest, amount, *rest = honest[1].split(",")
    for lines in (
        [honest[0], *honest[2:]],
        [*honest, honest[-1]],
        [honest[0], honest[2], honest[1], *honest[3:]],
        [honest[0], f"{digest},{int(amount) + 1},{','.join(rest)}", *honest[2:]],
        [honest[0], f"{digest},-1,{','.join(rest)}", *honest[2:]],
        [honest[0], f"{digest},{2**128 - 1},{','.join(rest)}", *honest[2:]],
        honest[:1],
    ):
        (out / "leaves.csv").write_text("\n".join(lines))
        verdict = assay_v1.verify(
            [file_document(out / "commitment.json"), file_document(out / "leaves.csv")], made["root"]
        )
        assert not verdict.valid


@pytest.mark.parametrize(
    ("users", "reason"),
    [
        ("user,BTC:8\na,1\nb,2\na,3\n", "the same user on lines 2 and 4"),
        ("user,BTC:8\na,-1\n", "negative amount"),
        ("user,BTC:8\na,0.000000001\n", "more than 8 decimals"),
        ("user,BTC:0\na,340282366920938463463374607431768211456\n", "beyond 128 bits"),
        ("user,BTC:0\na,340282366920938463463374607431768211455\nb,1\n", "beyond 128 bits"),
        ("user,BTC:8\na\n", "columns"),
        ("user,BTC:8\n a,1\n", "surrounding space"),
        ("user,BTC:8,BTC:8\na,1,1\n", "an asset twice"),
        ("id,BTC:8\na,1\n", "the first line"),
        ("user,BTC\na,1\n", "the first line"),
        ("user,BTC:8\n", "no users"),
        ("", "the first line"),
    ],
)
def test_lists_that_cannot_be_committed_to(tmp_path: Path, users: str, reason: str) -> None:
    with pytest.raises(BadUsers, match=reason):
        _commit(tmp_path, users)


def test_a_short_secret_a_used_directory_and_an_unknown_user(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_bytes(b"x" * 31)
    with pytest.raises(BadUsers, match="32"):
        read_secret(short)
    out, _ = _commit(tmp_path)
    with pytest.raises(BadUsers, match="not empty"):
        _commit(tmp_path)
    with Prover(out, SECRET) as prover, pytest.raises(BadUsers, match="no user"):
        prover.prove("mallory")
    with Prover(out, bytes(32)) as prover, pytest.raises(BadUsers, match="another secret"):
        prover.prove("alice")
    (out / "commitment.json").write_text("{}")
    with pytest.raises(BadUsers, match="no commitment"):
        Prover(out, SECRET)


amounts = st.integers(0, 2**128 - 1)


@given(st.lists(amounts, min_size=1, max_size=5))
def test_packing_round_trips(values: list[int]) -> None:
    assert unpack(pack(values)) == tuple(values)


@given(st.lists(amounts, min_size=1, max_size=4), st.integers(1, 8), st.text(min_size=1, max_size=5))
def test_parts_sum_to_the_whole(values: list[int], parts: int, user: str) -> None:
    secrets = Secrets(SECRET, snapshot="s", parts=parts)
    leaves = secrets.leaves(user, tuple(values))
    columns = zip(*(unpack(leaf.packed) for leaf in leaves), strict=True)
    assert [sum(column) for column in columns] == values
    assert [leaf.key for leaf in leaves] == secrets.keys(user)
    assert [leaf.salt for leaf in leaves] == secrets.salts(user)
    assert len({leaf.hash for leaf in leaves}) == parts


@given(st.lists(st.integers(0, 2**64), min_size=1, max_size=33))
def test_the_fold_is_the_tree_built_level_by_level(values: list[int]) -> None:
    leaves = [Node(hashlib.sha256(bytes([at])).digest(), (value,)) for at, value in enumerate(values)]
    fold = Fold(1)
    for leaf in leaves:
        fold.add(leaf)
    level, nodes = 0, leaves
    while len(nodes) > 1:
        nodes = [*nodes, pad(level, 1)] if len(nodes) % 2 else nodes
        level += 1
        nodes = [parent(level, nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    assert fold.top() == nodes[0]
    assert fold.count == len(values)


def test_sums_never_wrap() -> None:
    big = Node(bytes(32), (2**128 - 1,))
    with pytest.raises(Overflow):
        parent(1, big, Node(bytes(32), (1,)))
    with pytest.raises(Overflow):
        pack([-1])


def test_known_root() -> None:
    """Pins the bytes of the specification: a change here is another scheme."""
    header = Header("2026-11", (Asset("BTC", 8), Asset("ETH", 18)), 3)
    fold = Fold(2)
    for at in range(3):
        fold.add(Node(bytes([at]) * 32, (at, 10 * at)))
    assert root_hash(header, fold.top()).hex() == "b90ec0678613283f981ffe713f53bb58b4651cad18abd91d045e25e6b44940a7"
