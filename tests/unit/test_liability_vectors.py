"""Every published vector verifies or fails as it is known to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.intake.liability_files import open_documents
from indexer.liabilities.registry import scheme_of
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from tests.shared import shared


def _verify(*paths: Path, root: str | None = None) -> LiabilityVerdict:
    documents = open_documents(paths)
    return scheme_of(documents).verify(documents, root)


BYBIT_ROOTS = {
    "": ("v1", "8837e3a902aa996279fdc3d70e38e46cd18232dfb614c515a25ba34778eb1765"),
    "_v2": ("v2", "8a9e4bb937aac2d92559791fa711ffa6a38c4861564b87ad8f1f42f5d0ac6c93"),
    "_v3": ("v3", "16feee2e085a19df2c076984f886a7260ac612dde853986257299e244a517576"),
    "_v4": ("v4", "eb1d48340bef48fd392a30f3ee2349554cdf8178a4f77ebbebd861f7bafac078"),
    "_v5": ("v5", "c91d5de0554f97244e4d9f8056fad70fa0cb2cdb23c290ec597a042645dcbc03"),
}


@pytest.mark.parametrize("suffix", BYBIT_ROOTS)
def test_bybit_paths(suffix: str) -> None:
    version, root = BYBIT_ROOTS[suffix]
    verdict = _verify(shared("bybit", f"mock_user_merkle_tree_path_40{suffix}.json"), root=root)
    assert (verdict.scheme, verdict.version, verdict.valid, verdict.anchored) == (
        "bybit-merkle",
        version,
        True,
        Anchor.EQUAL,
    )
    assert len(verdict.totals) == 40


def test_okx_v1_path() -> None:
    verdict = _verify(
        shared("okx", "merkle_proof_file.json"),
        root="0xAC6B39d2a0aa8112bd1aadff5e7d4b5c2b91cd54d595262ba4367f5d2db4160d",
    )
    assert verdict.valid
    assert verdict.anchored is Anchor.EQUAL
    assert [total.amount for total in verdict.totals] == [9508855505656, 93995349090361, 313790942888369702]
    assert any("two users different sums" in sentence for sentence in verdict.not_proven)


def test_okx_v2_tree_and_user() -> None:
    tree, user = shared("okx", "full-liabilities-merkle-tree.txt"), shared("okx", "user_info_file.json")
    whole = _verify(tree)
    assert (whole.valid, whole.leaves, whole.anchored) == (True, 21, Anchor.UNANCHORED)
    assert [total.amount for total in whole.totals] == [5000, 10_000_000, 142_045_977]
    mine = _verify(tree, user, root=whole.root_found)
    assert (mine.valid, mine.anchored) == (True, Anchor.EQUAL)
    assert Proven.INCLUSION in mine.proven
    assert [total.amount for total in mine.found] == [5000, 0, 0]


def test_okx_v2_user_alone_proves_nothing() -> None:
    verdict = _verify(shared("okx", "user_info_file.json"))
    assert (verdict.valid, verdict.proven, verdict.root_found) == (True, (), None)


def test_mexc_path() -> None:
    verdict = _verify(shared("mexc", "merkle_proof.json"), root="35d01ffef2beec3ff0166c03f3d9b0cc")
    assert (verdict.valid, verdict.anchored) == (True, Anchor.EQUAL)
    assert any("128 bits" in sentence for sentence in verdict.not_proven)


def test_bitmex_tree_at_head_verifies_but_its_nonces_are_of_other_leaves() -> None:
    tree = shared("bitmex", "readme_proof_h100.csv")
    assert _verify(tree).valid
    verdict = _verify(tree, shared("bitmex", "readme_nonces.txt"), shared("bitmex", "readme_liabilities.csv"))
    assert not verdict.valid
    assert [each.where.rpartition("/")[2] for each in verdict.rejected] == [
        f"readme_nonces.txt:{at}" for at in (1, 3, 4)
    ]


def test_bitmex_tree_at_9666730_holds_every_account() -> None:
    verdict = _verify(
        shared("bitmex", "readme_proof_h100_85b0a839_commit9666730.csv"),
        shared("bitmex", "readme_nonces_commit9666730.txt"),
        shared("bitmex", "readme_liabilities.csv"),
    )
    assert (verdict.valid, verdict.leaves) == (True, 8)
    assert verdict.found == verdict.totals


def test_river_tree_verifies_and_its_invented_clients_are_not_in_it() -> None:
    tree = shared("river", "test.csv")
    assert (_verify(tree).valid, _verify(tree).leaves) == (True, 4)
    assert not _verify(tree, shared("river", "fake_client_data.csv")).valid


@pytest.mark.parametrize(
    "parts",
    [
        ("okx", "merkle_proof_file.json"),
        ("bybit", "mock_user_merkle_tree_path_40_v5.json"),
        ("mexc", "merkle_proof.json"),
    ],
)
def test_any_changed_digit_of_a_published_path_is_refused(parts: tuple[str, str], tmp_path: Path) -> None:
    """Balances, hashes, sides and heights in turn; of Bybit's many, every seventh."""
    text = shared(*parts).read_text()
    original = json.loads(text)
    forged = tmp_path / "forged.json"
    for steps, value in _scalars(original)[:: 7 if parts[0] == "bybit" else 1]:
        if not value or not _hashed(parts[0], steps):
            continue
        changed = json.loads(text)
        target = changed
        for step in steps[:-1]:
            target = target[step]
        target[steps[-1]] = value + 1 if isinstance(value, int) else _bump(value)
        forged.write_text(json.dumps(changed))
        assert not _verify(forged).valid, steps


def _hashed(exchange: str, steps: tuple[object, ...]) -> bool:
    """Whether the value is part of any hash: an audit id never is, a nonce only in OKX's own leaf."""
    unhashed = {"auditId", "nonce"} if exchange == "bybit" else {"auditId"}
    return steps[-1] not in unhashed and (steps[-1] != "nonce" or steps[0] == "self")


def _scalars(value: object, steps: tuple[object, ...] = ()) -> list[tuple[tuple[object, ...], str | int]]:
    if isinstance(value, dict):
        return [each for key, item in value.items() for each in _scalars(item, (*steps, key))]
    if isinstance(value, list):
        return [each for key, item in enumerate(value) for each in _scalars(item, (*steps, key))]
    assert isinstance(value, str | int)
    return [(steps, value)]


def _bump(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "2")
