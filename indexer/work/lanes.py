"""Who may witness what: providers grouped so that two lanes never share an operator."""

from __future__ import annotations

from collections.abc import Sequence

from chains.spec import ProviderSpec


def lanes(providers: Sequence[ProviderSpec], *, quorum: int) -> tuple[tuple[ProviderSpec, ...], ...]:
    """Cut one chain's providers into at most ``quorum`` lanes, each with operators of its own.

    A row is asked once per lane; inside a lane providers stand in for one another. Fewer operators than the quorum
    give fewer lanes: the caller reports the missing independence. No providers, no lanes. Explorers come last: they
    are slow, and name no final block, so the first lane, which picks the block, should have a node.
    """
    assert quorum >= 1
    by_operator: dict[str, list[ProviderSpec]] = {}
    for provider in sorted(providers, key=lambda provider: provider.is_explorer):
        by_operator.setdefault(provider.operator, []).append(provider)
    groups: list[list[ProviderSpec]] = [[] for _ in range(min(quorum, len(by_operator)))]
    for index, members in enumerate(by_operator.values()):
        groups[index % len(groups)].extend(members)
    return tuple(tuple(group) for group in groups)
