"""summa-v1: the sixteen entries and the root that its repository's tests name, and trees of every size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities import summa_v1
from indexer.liabilities.scheme import BadDocument
from indexer.liabilities.summa_v1 import VERSIONS, Node, SumTree, leaf_of
from indexer.model.verdict import Anchor, LiabilityVerdict
from tests.unit.liability_kit import MemoryDocument, text_document

# summa-dev/summa-solvency: entry_16.csv and the root its contract tests expect (first releases: children's balances
# hashed).
ENTRIES = """dxGaEAii;11888,41163
MBlfbBGI;67823,18651
lAhWlEWZ;18651,2087
nuZweYtO;22073,55683
gbdSwiuY;34897,83296
RZNneNuP;83296,16881
YsscHXkp;31699,35479
RkLzkDun;2087,79731
HlQlnEYI;30605,11888
RqkZOFYe;16881,14874
NjCSRAfD;41163,67823
pHniJMQY;14874,22073
dOGIMzKR;10032,10032
HfMDmNLp;55683,34897
xPLKzCBl;79731,30605
AtwIxZHo;35479,31699"""
ROOT = "0x2e021d9bf99c5bd7267488b6a7a5cf5f7d00222a41b6a9b971899c44089e0c5"


def verdict(entries: str, root: str | None = None, header: str = "username;balances") -> LiabilityVerdict:
    document = text_document("entries.csv", f"{header}\n{entries}\n")
    assert summa_v1.recognises(document)
    return summa_v1.verify([document], root)


@pytest.mark.parametrize("root", [ROOT, ROOT.upper().replace("0X", "0x"), "0x0" + ROOT[2:]])
def test_the_published_root(root: str) -> None:
    seen = verdict(ENTRIES, root)
    assert (seen.valid, seen.anchored, seen.leaves) == (True, Anchor.EQUAL, 16)
    assert seen.version == "children's balances hashed"
    assert [total.amount for total in seen.totals] == [556862, 556862]


def test_the_later_rule_and_the_later_header() -> None:
    later = verdict(ENTRIES.replace(";", ","), header="username,balance_ETH_ETH,balance_USDT_ETH")
    assert later.root_found == "18d6ab953235a811edffa4cead74ea045e7cd2085771a2269d59dca054c955b1"
    assert [total.asset for total in later.totals] == ["ETH_ETH", "USDT_ETH"]
    assert later.anchored is Anchor.UNANCHORED


@pytest.mark.parametrize(
    "forged",
    [
        ENTRIES.replace("11888,41163", "11889,41163"),
        ENTRIES.replace("11888,41163", "11887,41163").replace("67823,18651", "67824,18651"),
        "\n".join(reversed(ENTRIES.split("\n"))),
        "\n".join(ENTRIES.split("\n")[:-1]),
        ENTRIES.replace("dxGaEAii", "dxGaEAij"),
    ],
)
def test_a_changed_list_has_another_root(forged: str) -> None:
    assert verdict(forged, ROOT).anchored is Anchor.DIFFERENT


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("mallory;-1,5", "outside its range"),
        (f"mallory;{1 << 112},5", "outside its range"),
        ("mallory;1", "1 amounts instead of 2"),
        ("mallory;1,2,3", "3 amounts instead of 2"),
        ("mallory;1,", "not a whole number"),
        ("mallory;1e3,2", "not a whole number"),
        (";1,2", "a username of no bytes"),
        (f"{'m' * 32};1,2", "a username of no bytes or more than 31"),
    ],
)
def test_a_bad_entry_is_named_by_its_line(entry: str, reason: str) -> None:
    seen = verdict(f"{ENTRIES}\n{entry}")
    assert not seen.valid
    assert seen.proven == ()
    assert [rejected.where for rejected in seen.rejected] == ["entries.csv:18"]
    assert reason in seen.rejected[0].reason


def test_totals_above_the_bound_are_refused() -> None:
    assert "above the bound" in str(verdict(f"a;{(1 << 112) - 1}\nb;1").rejected)


def test_an_empty_list_has_no_root() -> None:
    seen = verdict("")
    assert (seen.valid, seen.root_found, seen.leaves) == (False, None, None)


@pytest.mark.parametrize("data", [b"username,balance,balance\n", b"username,balance\xff\n"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(BadDocument):
        summa_v1.verify([MemoryDocument("x.csv", data)], None)
    with pytest.raises(BadDocument):
        summa_v1.verify([], None)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.sampled_from(list(VERSIONS)))
def test_the_stream_gives_the_root_of_the_filled_up_tree(amounts: list[int], version: str) -> None:
    combine = VERSIONS[version]
    leaves = [leaf_of(number + 1, [amount]) for number, amount in enumerate(amounts)]
    tree = SumTree(combine, 1)
    for leaf in leaves:
        tree.add(leaf)
    while len(leaves) & (len(leaves) - 1):
        leaves.append(leaf_of(0, [0]))
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        summed = [(left, right, (left.balances[0] + right.balances[0],)) for left, right in pairs]
        leaves = [Node(combine(left, right, sums), sums) for left, right, sums in summed]
    assert tree.root() == leaves[0]
    assert tree.root().balances == (sum(amounts),)
