"""A list of a Bitcoin-type chain through the real command, on a real node: killed, gone on with, and checked again."""

from __future__ import annotations

import random
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import msgspec
import pytest

from chains.spec import ProviderSpec
from chains.types import BlockRef
from chains.utxo import address
from chains.utxo.dump_way import PARTS
from chains.utxo.params import coin_of
from chains.utxo.watched import unpack
from indexer.core.amounts import format_amount
from scripts.engines import EngineMissing, electrumx
from scripts.engines.crowd import Crowd, gather
from scripts.engines.litecoind import REGTEST, Litecoind
from scripts.example.chains import litecoin_config
from tests.acceptance.world import Answer, Office

SEED = 20261125
HOLDERS = 3_000
COIN = coin_of(REGTEST)
CHILD = "tests.acceptance.crash_child"


@pytest.fixture(scope="module")
async def crowd() -> AsyncIterator[tuple[Crowd, list[BlockRef]]]:
    """Two marked blocks, with movements before, between and after them."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        made = await gather(node, holders=HOLDERS, others=5_000)
        chance = random.Random(SEED)
        marks = []
        for _ in range(3):
            for _ in range(3):
                orders = [(chance.randrange(HOLDERS), chance.randrange(546, 3_000)) for _ in range(150)]
                await made.move(200, orders, others=100)
            marks.append(await made.mark())
        yield made, marks[:2]


def published(home: Path, crowd: Crowd, block: BlockRef, *, off: Mapping[int, int] | None = None) -> Path:
    """Every holder's claim, as true as ``off`` leaves it."""
    rows = ["network,asset,address,amount,height"]
    for number, holder in enumerate(crowd.holders):
        claimed = crowd.at[block.height].get(number, 0) + (off or {}).get(number, 0)
        text = address.from_script(COIN, holder.script)
        rows.append(f"{REGTEST.id},LTC,{text},{format_amount(claimed, decimals=8)},{block.height}")
    path = home / f"list-{block.height}.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def desk(office: Office, crowd: tuple[Crowd, list[BlockRef]]) -> Office:
    office.config = litecoin_config() + "\n[policy]\npass_pause_s = 0\n"
    office.providers.append(crowd[0].node.provider("node"))
    return office


async def audited(desk: Office, path: Path, event: int | str = 0) -> Answer:
    command = ("audit", str(path), "--exchange", "Example", "--json")
    return await desk.assay(str(event), "0", *command, module=CHILD)


def unchecked(answer: Answer) -> list[str]:
    return [finding["detail"] for finding in answer.json["findings"] if finding["kind"] == "unchecked"]


async def remembered(dsn: str) -> int:
    """The height of the one set of outputs that is kept."""
    connection = await asyncpg.connect(dsn)
    try:
        kept = unpack(await connection.fetchval("SELECT value FROM ledger.memories"))
    finally:
        await connection.close()
    assert kept is not None
    return kept.height


@pytest.mark.timeout(600)
async def test_killed_ever_later_it_resumes_and_comes_to_the_same(
    desk: Office, crowd: tuple[Crowd, list[BlockRef]], tmp_path: Path
) -> None:
    made, (_, second) = crowd
    path = published(tmp_path, made, second, off={17: 1})
    event = 1
    while (answer := await audited(desk, path, event)).code != 1:
        assert answer.code == -signal.SIGKILL, (event, answer.err)
        event += 3
    assert event > 20, answer.err
    report = answer.json
    (asset,), (exception,) = report["assets"], report["exceptions"]["rows"]
    assert (exception["status"], report["exceptions"]["count"]) == ("mismatch", 1)
    assert asset["coverage"]["verified"] == HOLDERS - 1
    total = format_amount(sum(made.at[second.height].values()), decimals=8)
    assert [asset["observed"][end]["text"].replace(",", "") for end in ("low", "high")] == [total, total]
    (said,) = unchecked(answer)
    assert said.startswith(f"{REGTEST.id}: each row rests on one operator's word")
    assert await remembered(desk.dsn) == second.height


async def test_the_next_list_goes_on_from_the_last_one(
    desk: Office, crowd: tuple[Crowd, list[BlockRef]], tmp_path: Path
) -> None:
    made, (first, second) = crowd
    for block in (first, second):
        answer = await audited(desk, published(tmp_path, made, block))
        assert answer.code == 0, answer.err
        assert await remembered(desk.dsn) == block.height


async def test_a_dump_file_is_gone_on_with_where_it_was_killed_and_says_how_far_it_is(
    desk: Office, crowd: tuple[Crowd, list[BlockRef]], tmp_path: Path
) -> None:
    made, _ = crowd
    block = await made.mark()
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    await made.node.rpc.call("dumptxoutset", [str(dumps / "utxo.dat")])
    await made.node.mine(2)
    desk.providers[:] = [msgspec.structs.replace(desk.providers[0], dumps=str(dumps))]
    path = published(tmp_path, made, block)
    assert (await audited(desk, path, "part")).code == -signal.SIGKILL
    assert len(list(dumps.glob(f"{PARTS}/*/*.npz"))) == 1
    # Whoever reads a part anew keeps it, and dies of it; this one finds it.
    answer = await desk.assay("part", "0", "audit", str(path), "--exchange", "Example", module=CHILD)
    assert answer.code == 0, answer.err
    size = (dumps / "utxo.dat").stat().st_size
    (said,) = [line for line in answer.err.splitlines() if "dump file of node: " in line]
    assert said.startswith(f"{REGTEST.id} dump file of node: 100 % of {size:,} bytes, ")
    assert not (dumps / PARTS).exists()


async def test_an_indexer_checks_a_sample_of_what_a_node_read(
    desk: Office, crowd: tuple[Crowd, list[BlockRef]], tmp_path: Path
) -> None:
    made, (_, second) = crowd
    try:
        async with electrumx.serving(made.node) as url:
            spec = ProviderSpec(name="index", chain=REGTEST.id, url=url, operator="other", kind="electrum")
            desk.providers.append(spec)
            answer = await audited(desk, published(tmp_path, made, second))
    except EngineMissing as missing:
        pytest.skip(str(missing))
    assert answer.code == 0, answer.err
    (said,) = [finding["detail"] for finding in answer.json["findings"] if finding["kind"] == "cross-check"]
    chosen = int(said.split(" of ")[1].split()[0])
    assert 100 < chosen <= 309
    assert unchecked(answer) == []
    assert f"{chosen} of {chosen} chosen rows were read again at block {second.height}" in said
    assert "from index of other: 0 differ" in said
