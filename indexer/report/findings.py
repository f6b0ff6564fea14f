"""Findings as people read them: networks by name, and what is said alike of several networks said once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chains.types import ChainId
from indexer.model.findings import Finding


def by_network(findings: Sequence[Finding], names: Mapping[ChainId, str]) -> list[Finding]:
    """In the order in which each is first said. A detail about a network begins with its id and a colon."""
    said: dict[tuple[Finding, bool], list[str]] = {}  # the names of networks, where it is about some
    for found in findings:
        chain, _, rest = found.detail.partition(": ")
        name = names.get(ChainId(chain))
        if name is None:
            said[found, False] = []
        else:
            networks = said.setdefault((replace(found, detail=rest), True), [])
            networks += [name] if name not in networks else []
    return [
        replace(found, detail=f"{', '.join(networks)}: {found.detail}") if is_of_network else found
        for (found, is_of_network), networks in said.items()
    ]
