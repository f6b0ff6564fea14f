"""Litecoin's hidden coins on a real node: their blocks are read like others, what is in the open is exact."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest

from chains.errors import HiddenAddress
from chains.types import BalanceKey
from chains.utxo import address, blocks
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.params import coin_of
from scripts.engines import EngineMissing
from scripts.engines.litecoind import MWEB_SINCE, REGTEST, Litecoind
from tests.chains.utxo_holders import replay
from tests.chains.utxo_rpc import Meddled
from tests.chains.utxo_world import NO_SCAN

COIN = coin_of(REGTEST)
ADAPTER = UtxoAdapter(REGTEST, COIN)
PAID = "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693xs3"


class Scene(NamedTuple):
    node: Litecoind
    hidden: str
    own: str
    tip: int


@pytest.fixture(scope="module")
async def scene() -> AsyncIterator[Scene]:
    """Ten coins go into hiding, somebody is paid in the open, and blocks follow."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind(blocks=1, mweb=True))
        except EngineMissing as missing:
            pytest.skip(str(missing))
        hidden, own = await node.hide(10)
        await node.mine(to=own)
        await node.rpc.call("sendtoaddress", [PAID, 3])
        await node.mine(2, to=own)
        tip: Any = await node.rpc.call("getblockcount")
        yield Scene(node, hidden, own, tip)


async def test_the_blocks_do_hide_coins(scene: Scene) -> None:
    block: Any = await scene.node.rpc.call("getblock", [await blocks.hash_at(scene.node.rpc, scene.tip), 2])
    assert block["mweb"]["num_txos"] >= 1
    assert block["tx"][-1]["vout"][0]["scriptPubKey"]["type"] == "witness_mweb_hogaddr"


async def test_a_real_mweb_address_is_hidden_not_wrong(scene: Scene) -> None:
    with pytest.raises(HiddenAddress):
        address.canonical(COIN, scene.hidden)


@pytest.mark.parametrize("refused", [{}, NO_SCAN])
async def test_balances_in_the_open_equal_a_replay(scene: Scene, refused: dict[str, Any]) -> None:
    keys = [BalanceKey(ADAPTER.parse_address(text), REGTEST.native) for text in (PAID, scene.own)]
    for height in range(MWEB_SINCE - 1, scene.tip + 1):
        held = await replay(scene.node.rpc, height)
        expected = [held.get(address.to_script(COIN, key.address).hex(), 0) for key in keys]
        block = await blocks.at_tip_height(scene.node.rpc, height)
        readings = await ADAPTER.balances(Meddled(scene.node.rpc, refuse=refused), block, keys)
        assert list(readings.amounts) == expected
    assert expected[0] == 3 * 10**8
