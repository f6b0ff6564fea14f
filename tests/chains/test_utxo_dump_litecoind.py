"""A file that a real node wrote: what it holds is what the node itself says of the same block."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from chains.utxo.dump import Dump, Rules, read_dump
from chains.utxo.dump.engine import Name
from chains.utxo.wire import units
from scripts.engines import EngineMissing
from scripts.engines.litecoind import CHANGE, MINED, Litecoind, transaction
from tests.chains.dump_files import Key, p2pkh

COINS = 4_000
MATURITY = 100


class Dumped(NamedTuple):
    file: Path
    height: int
    block_hash: str
    info: dict[str, Any]
    scripts: list[bytes]
    scanned: dict[bytes, int]


def some_scripts(chance: random.Random, count: int) -> list[bytes]:
    made = [MINED, CHANGE]
    for number in range(count // 7):
        short, long, key = chance.randbytes(20), chance.randbytes(32), Key(1 + number)
        made += [
            p2pkh(short),
            b"\xa9\x14" + short + b"\x87",
            b"\x00\x14" + short,
            b"\x00\x20" + long,
            b"\x51\x20" + long,
        ]
        made += [key.p2pk_short, key.p2pk_long]
    return made


@pytest.fixture(scope="module")
async def dumped(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dumped]:
    chance = random.Random(1)
    scripts = some_scripts(chance, 700)
    try:
        async with Litecoind() as node:
            for _ in range(4):
                (coin, *_) = sorted(await node.purse(), key=lambda coin: -coin.amount)
                outputs = [(chance.choice(scripts[2:]), chance.randrange(1, 10**5)) for _ in range(COINS // 4)]
                raw, _ = transaction([coin], [*outputs, (CHANGE, coin.amount - sum(paid for _, paid in outputs))])
                await node.mine_with([raw])
            file = tmp_path_factory.mktemp("dump") / "utxo.dat"
            said = cast(dict[str, Any], await node.rpc.call("dumptxoutset", [str(file)]))
            info = cast(dict[str, Any], await node.rpc.call("gettxoutsetinfo"))
            scan = await node.rpc.call("scantxoutset", ["start", [f"raw({script.hex()})" for script in scripts]])
            held = dict.fromkeys(scripts, 0)
            for found in cast(dict[str, Any], scan)["unspents"]:
                held[bytes.fromhex(found["scriptPubKey"])] += units(found["amount"], 8)
            yield Dumped(file, said["base_height"], said["base_hash"], info, scripts, held)
    except EngineMissing as missing:
        pytest.skip(str(missing))


def read(dumped: Dumped, name: Name, **more: Any) -> Dump:
    rules = Rules(dumped.height, pegouts=True)
    return read_dump(dumped.file, dumped.scripts, rules, block_hash=dumped.block_hash, engine_name=name, **more)


@pytest.mark.parametrize("name", ["numba", "python"])
def test_it_says_what_the_node_says(dumped: Dumped, name: Name) -> None:
    if name == "numba":
        pytest.importorskip("numba", reason="the extra fast is not installed")
    dump = read(dumped, name)
    assert dump.header.magic is None
    assert dump.header.coins == dumped.info["txouts"] > COINS
    assert dump.total == units(dumped.info["total_amount"], 8)
    assert dict(zip(dumped.scripts, dump.amounts, strict=True)) == dumped.scanned
    young = dump.coins.generated & (dump.coins.height > dumped.height + 1 - MATURITY)
    assert sum(dump.immature) == int(dump.coins.amount[young].sum()) > 0
    assert all(amount == 0 for script, amount in zip(dumped.scripts, dump.immature, strict=True) if script != MINED)


def test_it_is_cut_and_joined(dumped: Dumped) -> None:
    parts: list[object] = []
    dump = read(dumped, "python", part_bytes=60_000, processes=2, progress=parts.append)
    assert len(parts) > 2
    assert dict(zip(dumped.scripts, dump.amounts, strict=True)) == dumped.scanned
