"""Who may witness what: providers grouped so that two lanes never share an operator, and who checks a sample."""

from __future__ import annotations

from collections.abc import Sequence

from chains.spec import ProviderSpec


def checkers(providers: Sequence[ProviderSpec]) -> tuple[ProviderSpec, ...]:
    """Those of one chain's providers that only check a sample, where somebody else reads the list: what can be read at
    no block, and indexers of addresses, which answer one address a request where a node answers a whole list in one.
    """
    if all(provider.is_indexer or provider.only_now for provider in providers):
        return ()
    return tuple(provider for provider in providers if provider.is_indexer or provider.only_now)


def lanes(providers: Sequence[ProviderSpec], *, quorum: int) -> tuple[tuple[ProviderSpec, ...], ...]:
    """Cut one chain's providers into at most ``quorum`` lanes, each with operators of its own.

    A row is asked once per lane; inside a lane providers stand in for one another. Fewer operators than the quorum
    give fewer lanes: the caller reports the missing independence. No providers, no lanes. Explorers come last: they
    are slow, and name no final block, so the first lane, which picks the block, should have a node. `checkers` are in
    none, nor is ever what can be read at no block.
    """
    assert quorum >= 1
    by_operator: dict[str, list[ProviderSpec]] = {}
    aside = checkers(providers)
    readers = [provider for provider in providers if provider not in aside and not provider.only_now]
    for provider in sorted(readers, key=lambda provider: provider.is_explorer):
        by_operator.setdefault(provider.operator, []).append(provider)
    groups: list[list[ProviderSpec]] = [[] for _ in range(min(quorum, len(by_operator)))]
    for index, members in enumerate(by_operator.values()):
        groups[index % len(groups)].extend(members)
    return tuple(tuple(group) for group in groups)
