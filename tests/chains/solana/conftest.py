"""A fresh node for each test, an adapter for it, and no waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import msgspec
import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.rpc import open_rpc
from chains.solana import build, snapshot
from scripts.engines.litesvm import LiteSvm
from tests.chains.harness_solana import chain


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds the reader would have waited; nobody waits here."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(snapshot, "asyncio", SimpleNamespace(sleep=sleep))
    return waited


@pytest.fixture
async def node() -> AsyncIterator[LiteSvm]:
    async with LiteSvm() as node:
        yield node


@pytest.fixture
async def rpc(node: LiteSvm) -> AsyncIterator[Rpc]:
    async with open_rpc(node.provider("litesvm")) as rpc:
        yield rpc


@pytest.fixture
def adapter(node: LiteSvm) -> ChainAdapter:
    return build(chain(node.chain))


@pytest.fixture
def derived_only(node: LiteSvm) -> ChainAdapter:
    return build(msgspec.structs.replace(chain(node.chain), options={"stray_token_accounts": False}))
