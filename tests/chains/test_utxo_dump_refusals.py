"""Dump files that are not what they should be: refused, and the byte is named. Both engines say the same."""

from __future__ import annotations

import io
import os
import random
import re
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from chains.utxo.dump import DumpRefused, Fault, Rules, part, read_dump
from chains.utxo.dump.compressed import varint
from chains.utxo.dump.engine import Engine, Name, engine
from chains.utxo.dump.header import parse_header
from chains.utxo.dump.part import Task, read_part
from chains.utxo.dump.walk import AMOUNT_MAX, CODE_MAX, SCRIPT_MAX
from chains.utxo.dump.watch import Watched
from tests.chains.dump_files import (
    BLOCK_HASH,
    HEIGHT,
    MAGIC,
    Coin,
    Key,
    coin_set,
    compact,
    flat,
    grouped,
    in_order,
    p2pkh,
    scripts,
)

RULES = Rules(HEIGHT)
FUZZED = 100_000
A, B, C = (bytes([number]) * 32 for number in (1, 2, 3))
SCRIPT = b"\x00\x14" + bytes(20)
COINS = [Coin(A, 0, 7, False, 5, SCRIPT), Coin(A, 3, 7, True, 50, SCRIPT), Coin(B, 1, 9, False, 500, SCRIPT)]


def read(path: Path, data: bytes, name: Name | None = None) -> None:
    file = path / "utxo.dat"
    file.write_bytes(data)
    read_dump(file, [SCRIPT], RULES, block_hash=BLOCK_HASH, magic=MAGIC, engine_name=name, processes=1)


def coin(vout: bytes, code: bytes, amount: bytes, script: bytes) -> bytes:
    return vout + code + amount + script


HEAD = grouped([], count=1)
GOOD = (b"\0", varint(14), varint(9), b"\0" + bytes(20))


def one(**changed: bytes) -> bytes:
    """A file of one transaction of one coin, some of it as told."""
    vout, code, amount, script = (
        changed.get(name, good) for name, good in zip(("vout", "code", "amount", "script"), GOOD, strict=True)
    )
    return HEAD + A + changed.get("group", b"\1") + coin(vout, code, amount, script)


CASES: list[tuple[str, bytes, Fault, int]] = [
    ("nothing", b"", Fault.HEADER, 0),
    ("half a head", HEAD[:30], Fault.HEADER, 30),
    ("another version", HEAD[:5] + b"\3\0" + HEAD[7:], Fault.HEADER, 5),
    ("more coins than bytes", grouped([], count=2**64 - 1), Fault.HEADER, 43),
    ("no dump at all", bytes(range(256)) * 40, Fault.HEADER, 32),
    ("a flat head and nothing", flat([], count=3), Fault.HEADER, 40),
    ("no coins at all", HEAD, Fault.FEWER, 51),
    ("fewer coins than said", grouped(COINS, count=4), Fault.FEWER, len(grouped(COINS))),
    ("more coins than said", grouped(COINS, count=2), Fault.GROUP, 51 + 33 + 2 * 26 + 32),
    ("bytes behind the last coin", grouped(COINS) + C + b"\1", Fault.GROUP, len(grouped(COINS)) + 32),
    ("a transaction twice", HEAD[:43] + struct.pack("<Q", 2) + 2 * one()[51:], Fault.ORDER, len(one())),
    ("out of order", grouped([COINS[2], COINS[0]]), Fault.ORDER, 51 + 33 + 26),
    ("an output twice", grouped([COINS[0], COINS[0]]), Fault.OUTPOINT, 51 + 33 + 26),
    ("outputs out of order", grouped([COINS[1], COINS[0]]), Fault.OUTPOINT, 51 + 33 + 26),
    ("an output number too large", one(vout=compact(CODE_MAX + 1)), Fault.OUTPOINT, 84),
    ("an output number beyond 64 bits", one(vout=b"\xff" * 9), Fault.OUTPOINT, 84),
    ("no coin in a transaction", one(group=b"\0"), Fault.GROUP, 83),
    ("a spare form of a count", one(group=b"\xfd\x01\x00"), Fault.NOT_SHORTEST, 83),
    ("a spare form of an output", one(vout=b"\xfe\x01\x00\x00\x00"), Fault.NOT_SHORTEST, 84),
    ("too many coins in a transaction", one(group=b"\xff" * 9), Fault.GROUP, 83),
    ("a height above the block", one(code=varint((HEIGHT + 1) << 1)), Fault.CODE, 85),
    ("a height beyond 32 bits", one(code=varint(CODE_MAX + 1)), Fault.CODE, 85),
    ("a height without an end", one(code=b"\xff" * 200), Fault.CODE, 85),
    ("an amount too large", one(amount=varint(9 * AMOUNT_MAX)), Fault.AMOUNT, 86),
    ("an amount of too many zeros", one(amount=varint(2**62 // 10 * 10)), Fault.AMOUNT, 86),
    ("an amount of 64 bits", one(amount=varint(2**63)), Fault.AMOUNT, 86),
    ("an amount that wraps around", one(amount=varint(2**63 - 1)[:-1] + b"\xff\x00"), Fault.AMOUNT, 86),
    ("an amount without an end", one(amount=b"\xff" * 200), Fault.AMOUNT, 86),
    ("a script too long", one(script=varint(SCRIPT_MAX + 7)), Fault.SCRIPT, 87),
    ("a script of 64 bits", one(script=varint(2**64)), Fault.SCRIPT, 87),
    ("a long form of P2PKH", one(script=varint(31) + p2pkh(bytes(20))), Fault.NOT_SHORTEST, 87),
    ("a long form of P2SH", one(script=varint(29) + b"\xa9\x14" + bytes(20) + b"\x87"), Fault.NOT_SHORTEST, 87),
    ("a long form of P2PK", one(script=varint(41) + Key(1).p2pk_short), Fault.NOT_SHORTEST, 87),
    ("it ends in a transaction id", one() + C[:31], Fault.TRUNCATED, len(one()) + 31),
    ("it ends in a script", one()[:-1], Fault.TRUNCATED, len(one()) - 1),
    ("it ends in a number", one(script=b"")[:-1] + b"\x80", Fault.TRUNCATED, 87),
    (
        "amounts beyond 63 bits",
        grouped([Coin(bytes([n]) * 32, 0, 1, False, AMOUNT_MAX, b"") for n in range(1, 11)]),
        Fault.TOTAL,
        51 + 9 * 41 + 33 + 2,
    ),
    ("an old file with a coin too many", flat(COINS, count=2), Fault.COINS, 44 + 2 * (36 + 25)),
    ("an output twice in an old file", flat([COINS[0], COINS[0]]), Fault.OUTPOINT, 44 + 61 + 32),
]


@pytest.mark.parametrize("name", ["numba", "python"])
@pytest.mark.parametrize(("data", "fault", "offset"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused_with_the_byte(name: Name, data: bytes, fault: Fault, offset: int, tmp_path: Path) -> None:
    if name == "numba":
        pytest.importorskip("numba", reason="the extra fast is not installed")
    with pytest.raises(DumpRefused, match=re.escape(f"byte {offset:,}:")) as refused:
        read(tmp_path, data, name)
    assert (refused.value.fault, refused.value.offset) == (fault, offset)


def test_every_prefix_of_a_file_is_refused(tmp_path: Path) -> None:
    for whole in (grouped(COINS), flat(COINS), flat(COINS, head=40)):
        for size in range(len(whole)):
            with pytest.raises(DumpRefused) as refused:
                read(tmp_path, whole[:size], "python")
            assert refused.value.offset <= size


@pytest.mark.parametrize(
    ("changed", "fault"),
    [({"block_hash": "00" * 32}, Fault.OTHER_BLOCK), ({"magic": b"\0\0\0\0"}, Fault.OTHER_NETWORK)],
)
def test_another_block_or_network(changed: dict[str, object], fault: Fault, tmp_path: Path) -> None:
    file = tmp_path / "utxo.dat"
    file.write_bytes(grouped(COINS))
    with pytest.raises(DumpRefused) as refused:
        read_dump(file, [], RULES, **({"block_hash": BLOCK_HASH, "magic": MAGIC} | changed))  # type: ignore[arg-type]
    assert refused.value.fault == fault


def test_a_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = grouped(COINS)
    header = parse_header(data, len(data))
    task = Task(tmp_path / "utxo.dat", header, RULES, Watched([SCRIPT]))
    python = engine("python")
    with pytest.raises(DumpRefused, match="shorter"):
        read_part(io.BytesIO(data[:-1]), task, (51, len(data)), python, python.index(task.watched))


def test_a_part_that_is_refused_by_another_process(tmp_path: Path) -> None:
    chance = random.Random(1)
    coins = coin_set(chance, scripts(chance, 20), 4_000)
    data = bytearray(grouped(coins))
    at = data.index(coins[-300].txid)
    data[at] = 0
    file = tmp_path / "utxo.dat"
    file.write_bytes(data)
    with pytest.raises(DumpRefused) as refused:
        read_dump(file, [], RULES, block_hash=BLOCK_HASH, engine_name="python", processes=2, part_bytes=len(data) // 3)
    assert (refused.value.fault, refused.value.offset) == (Fault.ORDER, at)


Outcome = tuple[Fault, int] | tuple[int, int, bytes]


def headed(data: bytes, watched: Watched, rules: Rules) -> Task | tuple[Fault, int]:
    try:
        return Task(Path(os.devnull), parse_header(data, len(data)), rules, watched)
    except DumpRefused as refused:
        return refused.fault, refused.offset


def outcome(data: bytes, task: Task, chosen: Engine, index: object) -> Outcome:
    """What is read, or the fault and its place. Anything else that is raised is a fault of ours."""
    try:
        read = read_part(io.BytesIO(data), task, (task.header.body_at, len(data)), chosen, index)
    except DumpRefused as refused:
        return refused.fault, refused.offset
    columns = read.coins
    rows = (columns.number, columns.amount, columns.height, columns.generated, columns.vout, columns.same_key)
    return read.count, read.total, b"".join(column.tobytes() for column in (*rows, columns.txid))


Mutation = Callable[[random.Random, bytearray], None]


def _flip(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xEF, 0xFD, 0xFE, 0xFF))


def _fill(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at : at + 12] = bytes([chance.choice((0, 0x80, 0xFF))]) * len(data[at : at + 12])


def _drop(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 2, 32, 36))]


def _insert(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.choice((1, 2, 32, 36)))


def _repeat(chance: random.Random, data: bytearray) -> None:
    at, size = chance.randrange(len(data)), chance.randrange(1, 80)
    data[at:at] = data[at : at + size]


def _cut_off(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def test_fuzzed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either a refusal that names a byte of the file, or a reading; and both engines agree on every one."""
    pytest.importorskip("numba", reason="the extra fast is not installed: nothing to compare")
    monkeypatch.setattr(part, "_FOUND_ROOM", 3)
    chance = random.Random(20_261_125)
    key = Key(5)
    token = b"\xef" + A + b"\x10\x05"
    every = [*scripts(chance, 6), key.p2pk_long, key.p2pkh_long, token + p2pkh(B[:20]), p2pkh(B[:20]), b"\x6a" * 260]
    watched = Watched([*every[:4], key.p2pkh_long, p2pkh(B[:20])])
    coins = Rules(HEIGHT, tokens=True), Rules(HEIGHT, pegouts=True), Rules(HEIGHT, stakes=True)
    bases = [
        layout(in_order(coin_set(chance, every, 5)))
        for layout in (grouped, flat, lambda coins: flat(coins, head=40), grouped)
        for _ in range(8)
    ]
    mutations: list[Mutation] = [_flip, _flip, _set, _set, _fill, _drop, _insert, _repeat, _cut_off]
    numba, python = engine("numba"), engine("python")
    numba_index, python_index = numba.index(watched), python.index(watched)
    seen: Counter[object] = Counter()
    for _ in range(FUZZED):
        data = bytearray(chance.choice(bases))
        for _ in range(chance.choice((1, 1, 1, 2))):
            if data:
                chance.choice(mutations)(chance, data)
        fuzzed = bytes(data)
        task = headed(fuzzed, watched, chance.choice(coins))
        said = outcome(fuzzed, task, python, python_index) if isinstance(task, Task) else task
        if isinstance(task, Task):
            assert outcome(fuzzed, task, numba, numba_index) == said, fuzzed.hex()
        refused = isinstance(said[0], Fault)
        assert not refused or 0 <= said[1] <= len(fuzzed)
        seen[said[0] if refused else "read"] += 1
    missed = set(Fault) - set(seen) - {Fault.MORE, Fault.FULL, Fault.STOPPED}
    assert missed <= {Fault.OTHER_BLOCK, Fault.OTHER_NETWORK, Fault.FEWER, Fault.TOTAL}, missed
    assert FUZZED // 20 < seen["read"] < FUZZED // 2, "some mutations make another valid file, most do not"
