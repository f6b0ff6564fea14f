"""REST indexers through the real client and the real family: exact at H, or refused; their traps named one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from chains import registry
from chains.adapter import Probing, Rpc
from chains.errors import Malformed, NoMethod, NotFinal, Reorged, RpcFault
from chains.rpc import open_provider
from chains.rpc.indexers import history
from chains.types import BalanceKey, BlockRef
from chains.utxo import blocks
from scripts.engines.litecoind import REGTEST
from tests.sim.client import provider
from tests.sim.indexers import BlockbookServer, EsploraServer, IndexerServer, MempoolServer
from tests.sim.utxo_ledger import Chain

ADAPTER = registry.adapter(REGTEST)
SERVERS: dict[str, type[IndexerServer]] = {
    "esplora": EsploraServer,
    "mempool": MempoolServer,
    "blockbook": BlockbookServer,
}
KINDS = pytest.mark.parametrize("kind", SERVERS)
CANARY = "canaryKey0a1b2c3d4e5f6a7b"
HEIGHT = 200


@asynccontextmanager
async def asked(kind: str, server: IndexerServer, **fields: Any) -> AsyncIterator[Rpc]:
    async def sleep(_: float) -> None:
        return None

    url = server.url if kind == "blockbook" else f"{server.url}api"
    spec = provider(f"{url}?token={CANARY}", **({"kind": kind, "attempts_max": 2} | fields))
    spec = msgspec.structs.replace(spec, chain=REGTEST.id)
    async with open_provider(spec, sleep=sleep, jitter=lambda: 0.0) as rpc:
        yield rpc


def keys(chain: Chain) -> list[BalanceKey]:
    return [BalanceKey(text, REGTEST.native) for text in chain.addresses()]


def block(chain: Chain, height: int) -> BlockRef:
    return BlockRef(height, chain.hash_at(height))


def truth(chain: Chain, height: int) -> list[int]:
    return [chain.balance(text, height) for text in chain.addresses()]


@KINDS
async def test_exact_at_every_height(kind: str) -> None:
    chain = Chain()
    async with SERVERS[kind](chain) as server, asked(kind, server) as rpc:
        await ADAPTER.check_chain(rpc)
        for height in (1, 50, HEIGHT, chain.tip - 2):
            readings = await ADAPTER.balances(rpc, block(chain, height), keys(chain))
            assert list(readings.amounts) == truth(chain, height)
    assert truth(chain, HEIGHT) != truth(chain, chain.tip)


@KINDS
async def test_blocks_in_a_nodes_words(kind: str) -> None:
    chain = Chain()
    async with SERVERS[kind](chain) as server, asked(kind, server) as rpc:
        found = await ADAPTER.block_at(rpc, height=HEIGHT)
        assert (found.height, found.hash) == (HEIGHT, chain.hash_at(HEIGHT))
        assert found.time is not None
        assert int(found.time.timestamp()) == chain.median_time(HEIGHT)
        assert (await ADAPTER.final_block(rpc)).height == chain.tip - 1
        with pytest.raises(NotFinal):
            await ADAPTER.block_at(rpc, height=chain.tip)
        with pytest.raises(RpcFault) as fault:
            await blocks.hash_at(rpc, chain.tip + 1)
        assert fault.value.code == blocks.OUT_OF_RANGE
        with pytest.raises(NoMethod):
            await rpc.call("scantxoutset", ["start", []])
        assert isinstance(ADAPTER, Probing)
        assert "index" in await ADAPTER.probe(rpc, found)


@KINDS
async def test_another_chain_is_not_read(kind: str) -> None:
    chain = Chain()
    async with SERVERS[kind](chain) as server, asked(kind, server) as rpc:
        with pytest.raises(Reorged):
            await ADAPTER.balances(rpc, BlockRef(HEIGHT, "ab" * 32), keys(chain))


@KINDS
async def test_an_address_nobody_used_holds_nothing(kind: str) -> None:
    chain = Chain(holders=2)
    stranger = Chain(holders=3).addresses()[2]
    async with SERVERS[kind](chain) as server, asked(kind, server) as rpc:
        readings = await ADAPTER.balances(rpc, block(chain, HEIGHT), [BalanceKey(stranger, REGTEST.native)])
        assert list(readings.amounts) == [0]


@KINDS
async def test_young_coinbases_are_told(kind: str) -> None:
    chain = Chain()
    young = [tx for tx in chain.txs if not tx.spends and HEIGHT + 1 - 100 < tx.height <= HEIGHT]
    async with SERVERS[kind](chain) as server, asked(kind, server) as rpc:
        readings = await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))
    told = {chain.addresses()[index] for index, remark in readings.remarks.items() if "mined" in remark.detail}
    assert told == {tx.outputs[0].address for tx in young}


@KINDS
async def test_of_a_long_history_only_the_newer_part_is_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(holders=2)
    async with SERVERS[kind](chain, page=10) as server, asked(kind, server) as rpc:
        await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))
        whole = len(server.paths)
        server.paths.clear()
        monkeypatch.setattr(history, "DEPTH", 20)
        readings = await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))
        assert list(readings.amounts) == truth(chain, HEIGHT)
        assert len(server.paths) < whole / 2


@KINDS
async def test_a_block_that_comes_in_between(kind: str) -> None:
    """Pages shift by one: what was read is read again."""
    chain = Chain(holders=2)
    grown: list[int] = []

    def grow(path: str, answer: Any) -> Any:
        is_page = "txs" in path or (isinstance(answer, dict) and answer.get("page") == 1)
        if is_page and "address" in path and len(grown) < 2:
            grown.append(chain.tip)
            chain.grow()
        return answer

    async with SERVERS[kind](chain, page=10, spoil=grow) as server, asked(kind, server) as rpc:
        readings = await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain)[:1])
        assert list(readings.amounts) == truth(chain, HEIGHT)[:1]
    assert len(grown) == 2


@KINDS
async def test_an_address_that_never_rests_is_not_read(kind: str) -> None:
    chain = Chain(holders=1, tip=210)

    def grow(path: str, answer: Any) -> Any:
        if "address" in path:
            chain.grow()
        return answer

    async with SERVERS[kind](chain, spoil=grow) as server, asked(kind, server) as rpc:
        with pytest.raises(Malformed):
            await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))


def _ends_early(path: str, answer: Any) -> Any:
    """As where an index gives up on a long history, without an error."""
    if isinstance(answer, list):
        return answer[:3] if path.endswith(("chain", "summary")) else []
    if isinstance(answer, dict) and answer.get("page", 0) > 1:
        return {**answer, "transactions": []}
    return answer


def _leaves_out(path: str, answer: Any) -> Any:
    rows = answer if isinstance(answer, list) else answer.get("transactions") if isinstance(answer, dict) else None
    if rows and len(rows) > 5:
        del rows[4]
    return answer


def _of_another(path: str, answer: Any) -> Any:
    if "address" in path and isinstance(answer, dict):
        return {**answer, "address": "rltc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"}
    return answer


def _changes_an_amount(path: str, answer: Any) -> Any:
    if isinstance(answer, list) and answer:
        if "value" in answer[0]:
            answer[0]["value"] += 1
        else:
            answer[0]["vout"][0]["value"] += 1
    if isinstance(answer, dict) and answer.get("page") == 1:
        part = answer["transactions"][1]["vout"][0]
        part["value"] = str(int(part.get("value", "0")) + 1)
    return answer


def _disorders(path: str, answer: Any) -> Any:
    rows = answer if isinstance(answer, list) else answer.get("transactions") if isinstance(answer, dict) else None
    if rows:
        rows.reverse()
    return answer


def _repeats(path: str, answer: Any) -> Any:
    """Pages that begin again where they should go on."""
    if isinstance(answer, list) and answer:
        answer[-1] = answer[0]
    if isinstance(answer, dict) and answer.get("transactions"):
        answer["transactions"][-1] = answer["transactions"][1]
    return answer


@KINDS
@pytest.mark.parametrize("spoil", [_ends_early, _leaves_out, _of_another, _changes_an_amount, _disorders, _repeats])
async def test_what_is_not_whole_is_refused(kind: str, spoil: Callable[[str, Any], Any]) -> None:
    chain = Chain(holders=2)
    async with SERVERS[kind](chain, page=10, spoil=spoil) as server, asked(kind, server) as rpc:
        with pytest.raises(Malformed) as refused:
            await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))
    assert CANARY not in repr(refused.value)


@pytest.mark.parametrize("value", [None, "1e8", "-5", "0x10", "١"])
async def test_amounts_that_are_none_are_refused(value: Any) -> None:
    chain = Chain()

    def spoil(path: str, answer: Any) -> Any:
        return {**answer, "balance": value} if isinstance(answer, dict) and "balance" in answer else answer

    async with BlockbookServer(chain, spoil=spoil) as server, asked("blockbook", server) as rpc:
        with pytest.raises(Malformed):
            await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))


async def test_a_mempool_that_does_not_tell_coinbases_apart() -> None:
    chain = Chain()

    def older(path: str, answer: Any) -> Any:
        return (
            [{key: row[key] for key in row if key != "tx_position"} for row in answer] if "summary" in path else answer
        )

    async with MempoolServer(chain, spoil=older) as server, asked("mempool", server) as rpc:
        readings = await ADAPTER.balances(rpc, block(chain, HEIGHT), keys(chain))
        assert list(readings.amounts) == truth(chain, HEIGHT)
        assert readings.remarks == {}
