"""What a probe asks about: an address of the family itself, so that a provider can say yes."""

from __future__ import annotations

import pytest

from chains import registry
from chains.spec import ChainSpec
from indexer.settings import load
from indexer.work.probe import _NOBODY

READABLE = [chain for chain in load({}).chains.values() if chain.unsupported is None and chain.family in _NOBODY]


def test_every_family_with_such_an_address_is_configured() -> None:
    assert {chain.family for chain in READABLE} == _NOBODY.keys() <= registry.FAMILIES.keys()


@pytest.mark.parametrize("chain", READABLE, ids=lambda chain: chain.id)
def test_the_address_is_canonical(chain: ChainSpec) -> None:
    assert registry.adapter(chain).parse_address(_NOBODY[chain.family]) == _NOBODY[chain.family]
