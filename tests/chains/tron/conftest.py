"""A Tron node for each test, with the client that speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chains import registry
from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.tron.adapter import TronAdapter
from scripts.engines import EngineMissing
from scripts.engines.tron import TronNode
from tests.chains.harness_tron import HARNESS


@pytest_asyncio.fixture
async def node() -> AsyncIterator[TronNode]:
    node = TronNode()
    try:
        await node.__aenter__()
    except EngineMissing as missing:
        pytest.skip(str(missing))
    yield node
    await node.__aexit__(None, None, None)


@pytest_asyncio.fixture
async def rpc(node: TronNode) -> AsyncIterator[Rpc]:
    async with open_rpc(node.provider) as rpc:
        yield rpc


@pytest.fixture
def adapter() -> TronAdapter:
    adapter = registry.adapter(HARNESS.spec)
    assert isinstance(adapter, TronAdapter)
    return adapter
