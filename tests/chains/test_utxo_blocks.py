"""Which block a height or a time means on a Bitcoin-type chain, and whose chain it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chains import registry
from chains.errors import Malformed, NotFinal, Pruned, Transport, WrongChain
from chains.types import BlockRef, ChainId
from chains.utxo import blocks
from scripts.engines import EngineMissing
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.utxo_rpc import Meddled

ADAPTER = registry.adapter(REGTEST)
BLOCKS = 60


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Litecoind]:
    async with AsyncExitStack() as stack:
        try:
            yield await stack.enter_async_context(Litecoind(blocks=BLOCKS))
        except EngineMissing as missing:
            pytest.skip(str(missing))


async def chain(node: Litecoind) -> list[BlockRef]:
    return [await blocks.at_tip_height(node.rpc, height) for height in range(BLOCKS + 1)]


def when(block: BlockRef) -> datetime:
    assert block.time is not None
    return block.time


async def test_two_confirmations_leave_the_tip_open(node: Litecoind) -> None:
    final = await ADAPTER.final_block(node.rpc)
    assert final == (await chain(node))[BLOCKS - 1]


async def test_a_time_means_the_last_block_not_after_it(node: Litecoind) -> None:
    every = await chain(node)
    times = [when(block) for block in every]
    assert times == sorted(times)
    assert len(set(times)) < len(times), "neighbours of one time are the hard case"
    final = every[BLOCKS - 1]
    asked = {time + timedelta(seconds=shift) for time in times for shift in (-0.5, 0, 0.5)}
    for time in sorted(asked):
        expected = max((block for block in every if when(block) <= time), key=lambda block: block.height, default=None)
        if expected is None:
            with pytest.raises(Pruned, match="began"):
                await ADAPTER.block_at(node.rpc, time=time)
        elif expected.height > final.height:
            with pytest.raises(NotFinal):
                await ADAPTER.block_at(node.rpc, time=time)
        else:
            assert await ADAPTER.block_at(node.rpc, time=time) == expected


async def test_the_tip_never_decides_a_time_when_it_is_final(node: Litecoind) -> None:
    """With one confirmation a further block of the same time may still follow the tip."""
    hasty = registry.adapter(msgspec.structs.replace(REGTEST, options=REGTEST.options | {"confirmations": 1}))
    tip = await hasty.final_block(node.rpc)
    assert tip.height == BLOCKS
    with pytest.raises(NotFinal):
        await hasty.block_at(node.rpc, time=tip.time)


async def test_a_chain_shorter_than_its_confirmations_has_no_final_block(node: Litecoind) -> None:
    slow = registry.adapter(msgspec.structs.replace(REGTEST, options=REGTEST.options | {"confirmations": BLOCKS + 2}))
    with pytest.raises(NotFinal):
        await slow.final_block(node.rpc)


async def test_the_identity_of_chains_that_share_a_genesis(node: Litecoind) -> None:
    split = (await chain(node))[10]

    def forked(block_hash: str, *, height: int = split.height, name: str = str(REGTEST.id)) -> Any:
        options = REGTEST.options | {"checkpoint": {"height": height, "hash": block_hash}}
        return registry.adapter(msgspec.structs.replace(REGTEST, id=ChainId(name), options=options))

    await forked(split.hash).check_chain(node.rpc)
    await forked(split.hash, name=f"bip122:{split.hash[:32]}").check_chain(node.rpc)
    with pytest.raises(WrongChain, match="before height 10"):
        await forked("00" * 32).check_chain(node.rpc)
    with pytest.raises(WrongChain, match="serves bip122:530827f3"):
        await forked(split.hash, name=f"bip122:{'00' * 16}").check_chain(node.rpc)
    with pytest.raises(Transport, match="does not reach"):
        await forked(split.hash, height=BLOCKS + 1).check_chain(node.rpc)


async def test_a_chain_named_by_a_block_that_is_not_its_first(node: Litecoind) -> None:
    """As Bitcoin Cash is: its genesis block is Bitcoin's, and its checkpoint lies after a later split."""
    first, split = (await chain(node))[5], (await chain(node))[10]
    options = REGTEST.options | {"named_at": 5, "checkpoint": {"height": 10, "hash": split.hash}}

    def named(block_hash: str) -> Any:
        return registry.adapter(
            msgspec.structs.replace(REGTEST, id=ChainId(f"bip122:{block_hash[:32]}"), options=options)
        )

    await named(first.hash).check_chain(node.rpc)
    with pytest.raises(WrongChain, match=f"serves bip122:{first.hash[:32]}"):
        await named(str(REGTEST.id).removeprefix("bip122:")).check_chain(node.rpc)


@pytest.mark.parametrize("answer", [None, {}, {"hash": "00", "height": 1, "mediantime": "1"}])
async def test_a_header_that_cannot_be_read_is_refused(node: Litecoind, answer: Any) -> None:
    rpc = Meddled(node.rpc, rewrite={"getblockheader": lambda _: answer})
    with pytest.raises(Malformed):
        await ADAPTER.final_block(rpc)


async def test_a_header_of_another_block_is_refused(node: Litecoind) -> None:
    other = {"hash": "00" * 32, "height": 7, "mediantime": int(datetime.now(UTC).timestamp())}
    rpc = Meddled(node.rpc, rewrite={"getblockheader": lambda _: other})
    with pytest.raises(Transport, match="another block"):
        await ADAPTER.final_block(rpc)
