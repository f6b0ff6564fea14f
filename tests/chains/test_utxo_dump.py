"""Dump files read: every layout, both engines, any cut; what is read equals what was written."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from chains.errors import ChainError
from chains.utxo import dump as dump_room
from chains.utxo.dump import Dump, DumpRefused, Fault, Progress, Rules, part, pool, read_dump
from chains.utxo.dump.engine import Name, engine
from tests.chains.dump_files import (
    BLOCK_HASH,
    HEIGHT,
    MAGIC,
    Coin,
    Key,
    coin_set,
    flat,
    grouped,
    p2pkh,
    record,
    scripts,
)

RULES = Rules(HEIGHT)
LAYOUTS: dict[str, Callable[[Sequence[Coin]], bytes]] = {
    "0.21": flat,
    "22": lambda coins: flat(coins, head=40),
    "28": grouped,
}


@pytest.fixture(params=["numba", "python"])
def name(request: pytest.FixtureRequest) -> Name:
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra fast is not installed")
    chosen: Name = request.param
    return chosen


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Callable[[Sequence[Coin]], bytes]:
    return LAYOUTS[request.param]


def written(path: Path, data: bytes) -> Path:
    file = path / "utxo.dat"
    file.write_bytes(data)
    return file


def held(coins: Sequence[Coin], some: Sequence[bytes]) -> list[int]:
    return [sum(coin.amount for coin in coins if coin.script == script) for script in some]


def immature(coins: Sequence[Coin], some: Sequence[bytes]) -> list[int]:
    """The next block is HEIGHT + 1; a coinbase output waits for the hundredth after its own."""
    young = [coin for coin in coins if coin.coinbase and HEIGHT + 1 - coin.height < 100]
    return held(young, some)


def check(dump: Dump, coins: Sequence[Coin], some: Sequence[bytes]) -> None:
    assert dump.header.coins == len(coins)
    assert dump.total == sum(coin.amount for coin in coins)
    assert list(dump.amounts) == held(coins, some)
    assert list(dump.immature) == immature(coins, some)
    columns = dump.coins
    own = [row for row in range(len(columns)) if not columns.same_key[row]]
    got = [
        Coin(columns.txid[row].tobytes(), int(columns.vout[row]), int(columns.height[row]),
             bool(columns.generated[row]), int(columns.amount[row]), some[columns.number[row]])
        for row in own
    ]  # fmt: skip
    assert got == [coin for coin in coins if coin.script in set(some)]


def test_what_was_written_is_read(layout: Callable[[Sequence[Coin]], bytes], name: Name, tmp_path: Path) -> None:
    chance = random.Random(1)
    every = scripts(chance, 60)
    coins = coin_set(chance, every, 500)
    file = written(tmp_path, layout(coins))
    dump = read_dump(file, every[:30], RULES, block_hash=BLOCK_HASH, magic=MAGIC, engine_name=name)
    check(dump, coins, every[:30])


def test_an_empty_set_and_an_empty_question(
    layout: Callable[[Sequence[Coin]], bytes], name: Name, tmp_path: Path
) -> None:
    coins = coin_set(random.Random(2), [b"\x51"], 20)
    dump = read_dump(written(tmp_path, layout(coins)), [], RULES, block_hash=BLOCK_HASH, engine_name=name)
    assert (dump.total, dump.amounts) == (sum(coin.amount for coin in coins), [])
    dump = read_dump(written(tmp_path, layout([])), [b"\x51"], RULES, block_hash=BLOCK_HASH, engine_name=name)
    assert (dump.header.coins, dump.total, dump.amounts) == (0, 0, [0])


def test_the_window_may_end_anywhere(
    layout: Callable[[Sequence[Coin]], bytes], name: Name, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    every = scripts(chance, 40)
    coins = coin_set(chance, every, 120)
    file = written(tmp_path, layout(coins))
    for window in range(500, 540):
        monkeypatch.setattr(part, "WINDOW_BYTES", window)
        check(read_dump(file, every, RULES, block_hash=BLOCK_HASH, engine_name=name), coins, every)


def test_more_found_than_there_is_room_for(name: Name, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "_FOUND_ROOM", 7)
    chance = random.Random(4)
    every = scripts(chance, 10)
    coins = coin_set(chance, every, 100)
    check(
        read_dump(written(tmp_path, grouped(coins)), every, RULES, block_hash=BLOCK_HASH, engine_name=name),
        coins,
        every,
    )


def test_parts_join_to_the_whole(layout: Callable[[Sequence[Coin]], bytes], name: Name, tmp_path: Path) -> None:
    chance = random.Random(5)
    every = scripts(chance, 40)
    coins = coin_set(chance, every, 3_000)
    file = written(tmp_path, layout(coins))
    seen: list[Progress] = []
    dump = read_dump(
        file,
        every,
        RULES,
        block_hash=BLOCK_HASH,
        engine_name=name,
        processes=1,
        part_bytes=30_000,
        progress=seen.append,
    )
    check(dump, coins, every)
    assert len(seen) > 4, "it was cut"
    assert seen == sorted(seen, key=lambda progress: progress.bytes_done)
    assert (seen[-1].bytes_done, seen[-1].coins) == (file.stat().st_size, len(coins))


def test_several_processes(layout: Callable[[Sequence[Coin]], bytes], tmp_path: Path) -> None:
    chance = random.Random(6)
    every = scripts(chance, 40)
    coins = coin_set(chance, every, 3_000)
    file = written(tmp_path, layout(coins))
    dump = read_dump(file, every, RULES, block_hash=BLOCK_HASH, engine_name="python", processes=2, part_bytes=60_000)
    check(dump, coins, every)


def test_a_cut_into_a_script_that_looks_like_coins(name: Name, tmp_path: Path) -> None:
    """Somebody may pay to a script that holds a whole dump. The cut falls for it, the joining does not."""
    chance = random.Random(7)
    decoy = coin_set(chance, [b"\x51\x20" + bytes(32)], 400)
    bait = grouped(decoy)[51:]
    every = [*scripts(chance, 20), bait]
    coins = coin_set(chance, every[:20], 200)
    middle = coins[len(coins) // 2]._replace(script=bait)
    coins[len(coins) // 2] = middle
    data = grouped(coins)
    file = written(tmp_path, data)
    seen: list[Progress] = []
    at = data.index(bait) - 51 + 100  # the guess is in the bait
    dump = read_dump(
        file, every, RULES, block_hash=BLOCK_HASH, engine_name=name, processes=1, part_bytes=at, progress=seen.append
    )
    check(dump, coins, every)
    from chains.utxo.dump.cuts import cuts

    (cut, *_) = cuts(file, body_at=51, size=len(data), grouped=True, part_bytes=at)
    assert data.index(bait) < cut < data.index(bait) + len(bait), "the bait was taken"
    assert cut not in [progress.bytes_done for progress in seen]


def test_bare_keys_are_reported_apart(name: Name, tmp_path: Path) -> None:
    one, two, three = Key(1), Key(2), Key(3)
    watched = [one.p2pkh_short, two.p2pkh_long, three.p2pk_long, three.p2pkh_long]
    paid = [
        (one.p2pkh_short, 1),
        (one.p2pk_short, 20),
        (one.p2pk_long, 300),  # the long form of a key has another hash
        (two.p2pk_long, 4_000),
        (three.p2pk_long, 50_000),  # watched itself
    ]
    coins = [Coin(bytes([n]) * 32, 0, 5, False, amount, script) for n, (script, amount) in enumerate(paid, 1)]
    dump = read_dump(written(tmp_path, grouped(coins)), watched, RULES, block_hash=BLOCK_HASH, engine_name=name)
    assert dump.amounts == [1, 0, 50_000, 0]
    assert dump.same_key == [20, 4_000, 0, 0]


def test_a_key_off_the_curve_is_refused(name: Name, tmp_path: Path) -> None:
    key = Key(1)
    data = grouped([Coin(b"\1" * 32, 0, 5, False, 1, key.p2pk_long)])
    data = data[:-32] + b"\xff" * 32
    with pytest.raises(DumpRefused) as refused:
        read_dump(written(tmp_path, data), [key.p2pkh_long], RULES, block_hash=BLOCK_HASH, engine_name=name)
    assert (refused.value.fault, refused.value.offset) == (Fault.POINT, len(data) - 33)


def test_pegouts_of_litecoin(name: Name, tmp_path: Path) -> None:
    coin = Coin(b"\1" * 32, 0, 2_300_000, False, 77, b"\x00\x14" + bytes(20))
    plain = flat([coin])
    data = plain.replace(record(coin), record(coin, pegout=True))
    assert data != plain
    file, rules = written(tmp_path, data), Rules(2_300_001, pegouts=True)
    dump = read_dump(file, [coin.script], rules, block_hash=BLOCK_HASH, engine_name=name)
    assert (dump.amounts, int(dump.coins.height[0])) == ([77], 2_300_000)
    with pytest.raises(DumpRefused, match="height"):
        read_dump(file, [coin.script], Rules(2_300_001), block_hash=BLOCK_HASH, engine_name=name)


def test_stakes_of_qtum(name: Name, tmp_path: Path) -> None:
    script = p2pkh(b"\x03" * 20)
    coins = [Coin(bytes([n]) * 32, 0, HEIGHT - n, n == 1, 10**n, script) for n in (1, 2, 3)]
    data = flat(coins)
    for coin in coins:
        data = data.replace(record(coin), record(coin, stake=coin.height == HEIGHT - 2))
    file, rules = written(tmp_path, data), Rules(HEIGHT, maturity=2_000, stakes=True)
    dump = read_dump(file, [script], rules, block_hash=BLOCK_HASH, engine_name=name)
    assert (dump.amounts, dump.immature) == ([1_110], [110])
    assert list(dump.coins.height) == [coin.height for coin in coins]
    with pytest.raises(DumpRefused, match="height"):
        read_dump(file, [script], RULES, block_hash=BLOCK_HASH, engine_name=name)


CATEGORY = bytes(range(32))


@pytest.mark.parametrize(
    "prefix",
    [
        b"\xef" + CATEGORY + b"\x10\x01",  # fungible
        b"\xef" + CATEGORY + b"\x10\xfd\xfd\x00",
        b"\xef" + CATEGORY + b"\x10\xff" + b"\xff" * 7 + b"\x7f",
        b"\xef" + CATEGORY + b"\x20",  # an NFT that cannot change
        b"\xef" + CATEGORY + b"\x62\x28" + b"\xcc" * 40,  # a minting one with a commitment
        b"\xef" + CATEGORY + b"\x71\x01\xcc\xfd\xfd\x00",  # both
    ],
)
def test_scripts_behind_tokens(name: Name, prefix: bytes, tmp_path: Path) -> None:
    own, key = p2pkh(b"\x07" * 20), Key(9)
    paid = [prefix + own, prefix + key.p2pk_short, prefix + b"\x51", own]
    coins = [Coin(bytes([n]) * 32, 0, 5, False, 10**n, script) for n, script in enumerate(paid, 1)]
    file = written(tmp_path, grouped(coins))
    watched = [own, key.p2pkh_short]
    dump = read_dump(file, watched, Rules(HEIGHT, tokens=True), block_hash=BLOCK_HASH, engine_name=name)
    assert (dump.amounts, dump.same_key) == ([10_010, 0], [0, 100])
    dump = read_dump(file, watched, RULES, block_hash=BLOCK_HASH, engine_name=name)
    assert dump.amounts == [10_000, 0], "where there are no tokens, the prefix is part of the script"


@pytest.mark.parametrize(
    "script",
    [
        b"\xef",
        b"\xef" + CATEGORY,
        b"\xef" + CATEGORY + b"\x00",  # neither tokens nor NFT
        b"\xef" + CATEGORY + b"\x90\x01\x51",  # a reserved flag
        b"\xef" + CATEGORY + b"\x50\x01\xcc\x01\x51",  # a commitment without an NFT
        b"\xef" + CATEGORY + b"\x60\x29" + b"\xcc" * 40,  # a commitment that does not end
        b"\xef" + CATEGORY + b"\x10\xfd\xfd",  # an amount that does not end
    ],
)
def test_broken_token_prefixes_are_refused(name: Name, script: bytes, tmp_path: Path) -> None:
    data = grouped([Coin(b"\1" * 32, 0, 5, False, 1, script)])
    with pytest.raises(DumpRefused) as refused:
        read_dump(written(tmp_path, data), [], Rules(HEIGHT, tokens=True), block_hash=BLOCK_HASH, engine_name=name)
    assert (refused.value.fault, refused.value.offset) == (Fault.TOKEN, len(data) - len(script) - 1)


def test_a_reading_that_was_ended_goes_on(name: Name, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(8)
    every = scripts(chance, 40)
    coins = coin_set(chance, every, 3_000)
    file, folder = written(tmp_path, grouped(coins)), tmp_path / "parts"

    class Ended(Exception):
        pass

    def end(progress: Progress) -> None:
        if progress.bytes_done > file.stat().st_size // 2:
            raise Ended

    def again(progress: Callable[[Progress], None]) -> Dump:
        return read_dump(
            file, every, RULES, block_hash=BLOCK_HASH, engine_name=name,
            processes=1, part_bytes=30_000, resume_in=folder, progress=progress,
        )  # fmt: skip

    with pytest.raises(Ended):
        again(end)
    kept = sorted(folder.glob("*/*.npz"))
    assert len(kept) > 2
    kept[0].write_bytes(kept[0].read_bytes()[:-9])  # a part that was lost on the disk is read again
    read: list[tuple[int, int]] = []
    real = part.read_part

    def counted(file: BinaryIO, task: part.Task, job: part.Job, *rest: Any) -> part.Part:
        read.append(job)
        return real(file, task, job, *rest)

    monkeypatch.setattr(pool, "read_part", counted)
    check(again(lambda _: None), coins, every)
    stems = {f"{start}-{stop}" for start, stop in read}
    assert stems & {path.stem for path in kept} == {kept[0].stem}
    assert list(folder.iterdir()) == [], "nothing is left behind"


def _read_until_killed(file: Path, folder: Path, every: list[bytes]) -> None:
    def die(progress: Progress) -> None:
        if progress.bytes_done > file.stat().st_size // 2:
            os.kill(os.getpid(), signal.SIGKILL)

    read_dump(
        file, every, RULES, block_hash=BLOCK_HASH, engine_name="python",
        processes=1, part_bytes=30_000, resume_in=folder, progress=die,
    )  # fmt: skip


def test_a_reading_that_was_killed_goes_on(tmp_path: Path) -> None:
    chance = random.Random(10)
    every = scripts(chance, 40)
    coins = coin_set(chance, every, 3_000)
    file, folder = written(tmp_path, grouped(coins)), tmp_path / "parts"
    child = get_context("spawn").Process(target=_read_until_killed, args=(file, folder, every))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    kept = len(list(folder.glob("*/*.npz")))
    assert kept > 2
    seen: list[Progress] = []
    dump = read_dump(
        file, every, RULES, block_hash=BLOCK_HASH, engine_name="python",
        processes=1, part_bytes=30_000, resume_in=folder, progress=seen.append,
    )  # fmt: skip
    check(dump, coins, every)
    assert len(seen) > kept


def test_a_process_that_is_killed_is_said(tmp_path: Path) -> None:
    chance = random.Random(11)
    every = scripts(chance, 40)
    file = written(tmp_path, grouped(coin_set(chance, every, 3_000)))

    def kill(_: Progress) -> None:
        for child in active_children():
            child.kill()

    with pytest.raises(ChainError, match="ended from outside"):
        read_dump(
            file, every, RULES, block_hash=BLOCK_HASH, engine_name="python",
            processes=2, part_bytes=10_000, progress=kill,
        )  # fmt: skip


def test_another_file_does_not_go_on_from_these_parts(tmp_path: Path) -> None:
    chance = random.Random(9)
    every = scripts(chance, 10)
    first, second = coin_set(chance, every, 60), coin_set(chance, every, 60)
    folder = tmp_path / "parts"

    def refuse(_: Progress) -> None:
        raise KeyboardInterrupt

    file = written(tmp_path, grouped(first))
    with pytest.raises(KeyboardInterrupt):
        read_dump(file, every, RULES, block_hash=BLOCK_HASH, resume_in=folder, progress=refuse, engine_name="python")
    assert list(folder.glob("*/*.npz"))
    file.write_bytes(grouped(second))
    dump = read_dump(file, every, RULES, block_hash=BLOCK_HASH, resume_in=folder, engine_name="python")
    check(dump, second, every)


def test_without_numba_the_plain_walker_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "chains.utxo.dump.kernel", raising=False)
    monkeypatch.delattr(dump_room, "kernel", raising=False)
    assert engine().name == "python"
    with pytest.raises(ImportError):
        engine("numba")


def test_with_numba_the_compiled_one_is() -> None:
    pytest.importorskip("numba", reason="the extra fast is not installed")
    assert engine().name == "numba"
