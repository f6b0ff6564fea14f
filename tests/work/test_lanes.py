"""Two witnesses never share an operator."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.spec import ProviderSpec
from indexer.work.endpoints import Lanes, keys_per_shard
from indexer.work.lanes import checkers, lanes
from tests.work.fakes import CHAIN, FakeAdapter, endpoint


def provider(number: int, operator: str) -> ProviderSpec:
    return ProviderSpec(name=f"p{number}", chain=CHAIN, url="http://127.0.0.1/", operator=operator)


@given(operators=st.lists(st.sampled_from("abcde")), quorum=st.integers(min_value=1, max_value=4))
def test_every_provider_once_and_no_operator_twice(operators: list[str], quorum: int) -> None:
    providers = [provider(number, operator) for number, operator in enumerate(operators)]
    cut = lanes(providers, quorum=quorum)
    assert sorted(p.name for lane in cut for p in lane) == sorted(p.name for p in providers)
    assert len(cut) == min(quorum, len(set(operators)))
    assert all(cut)
    owners = [{p.operator for p in lane} for lane in cut]
    assert sum(len(owner) for owner in owners) == len(set().union(*owners)) == len(set(operators))


def test_one_operator_is_one_witness_however_many_endpoints() -> None:
    assert len(lanes([provider(1, "x"), provider(2, "x"), provider(3, "x")], quorum=3)) == 1


def test_explorers_come_after_nodes() -> None:
    """The first lane picks the block, and an explorer names no final one."""
    scan = ProviderSpec(name="scan", chain=CHAIN, url="http://127.0.0.1/", operator="x", kind="etherscan")
    assert lanes([scan, provider(1, "y")], quorum=2) == ((provider(1, "y"),), (scan,))
    assert lanes([scan, provider(1, "x")], quorum=1) == ((provider(1, "x"), scan),)


def test_an_indexer_beside_a_node_checks_only_and_alone_it_reads() -> None:
    index = ProviderSpec(name="index", chain=CHAIN, url="ssl://127.0.0.1:1", operator="x", kind="electrum")
    assert lanes([index, provider(1, "y")], quorum=2) == ((provider(1, "y"),),)
    assert checkers([index, provider(1, "y")]) == (index,)
    assert lanes([index], quorum=2) == ((index,),)
    assert checkers([index]) == checkers([provider(1, "y")]) == checkers([]) == ()


def test_what_knows_only_now_reads_no_list_even_alone() -> None:
    scan = ProviderSpec(name="scan", chain=CHAIN, url="http://127.0.0.1/", operator="x", kind="tronscan")
    grid = ProviderSpec(name="grid", chain=CHAIN, url="http://127.0.0.1/", operator="z", kind="trongrid")
    assert lanes([scan, grid], quorum=2) == ((grid,),)
    assert checkers([scan, grid]) == (scan,)
    assert lanes([scan], quorum=2) == ()
    assert checkers([scan]) == ()


def test_shards_are_small_where_a_witness_has_explorers_only() -> None:
    node, scan = endpoint("node"), endpoint("scan", kind="etherscan")
    cuts: list[Lanes] = [((node, scan),), ((node,), (scan,)), ((scan,),)]
    sizes = [keys_per_shard(BigShards(), lanes) for lanes in cuts]  # type: ignore[arg-type]
    assert sizes == [12_000, 100, 100]
    assert keys_per_shard(WholePins(), ((scan,),)) == 100  # type: ignore[arg-type]
    assert keys_per_shard(WholePins(), ((endpoint("node"),),)) is None  # type: ignore[arg-type]


class BigShards(FakeAdapter):
    keys_per_shard = 12_000


class WholePins(FakeAdapter):
    keys_per_shard = None
