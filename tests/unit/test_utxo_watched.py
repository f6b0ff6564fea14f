"""Watched outputs: exact after every block, forwards and back, and the same after they were kept."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.raw import Tx
from chains.utxo.watched import Coin, Outpoint, Watched, outpoint, pack, sums, unpack

SCRIPTS = [bytes([0x51 + n]) for n in range(6)]
WATCHED = frozenset(SCRIPTS[:3])


@dataclass
class Ledger:
    """Every output there is, the simple way: the model that a Watched must agree with."""

    coins: dict[Outpoint, Coin] = field(default_factory=dict)
    serial: int = 0

    def transaction(self, spends: Sequence[Outpoint], outputs: Sequence[tuple[int, bytes]], height: int, no: int) -> Tx:
        self.serial += 1
        txid = sha256(self.serial.to_bytes(4, "big")).digest()
        for place in spends:
            del self.coins[place]
        for number, (amount, script) in enumerate(outputs):
            self.coins[txid + number.to_bytes(4, "little")] = Coin(script, amount, height, no == 0)
        return Tx(txid, list(spends), list(outputs), generated=no == 0)

    def watched(self) -> dict[Outpoint, Coin]:
        return {place: coin for place, coin in self.coins.items() if coin.script in WATCHED}


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[list[Tx]], list[dict[Outpoint, Coin]]]:
    """Blocks that spend what was made before them or within them, and the watched outputs after each."""
    ledger = Ledger()
    blocks: list[list[Tx]] = []
    states = [ledger.watched()]
    for height in range(1, draw(st.integers(1, 6)) + 1):
        block = []
        for number in range(draw(st.integers(1, 4))):
            places = list(ledger.coins)
            spends = draw(st.lists(st.sampled_from(places), unique=True, max_size=3)) if number and places else []
            outputs = draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(SCRIPTS)), min_size=1, max_size=4))
            block.append(ledger.transaction(spends, outputs, height, number))
        blocks.append(block)
        states.append(ledger.watched())
    return blocks, states


@given(chains())
def test_every_block_forwards_and_back(made: tuple[list[list[Tx]], list[dict[Outpoint, Coin]]]) -> None:
    blocks, states = made
    watched = Watched(0, "h0", WATCHED)
    for height, block in enumerate(blocks, 1):
        watched.connect(f"h{height}", block)
        assert (watched.height, watched.hash, watched.coins) == (height, f"h{height}", states[height])
    for height in range(len(blocks), 0, -1):
        before, after = states[height - 1], states[height]
        gone = {place: before[place] for place in before.keys() - after.keys()}
        fresh = [place for place, coin in after.items() if coin.height == height]
        watched.disconnect(f"h{height - 1}", made=fresh, spent=gone)
        assert (watched.height, watched.hash, watched.coins) == (height - 1, f"h{height - 1}", before)


@given(chains())
def test_what_is_kept_comes_back(made: tuple[list[list[Tx]], list[dict[Outpoint, Coin]]]) -> None:
    blocks, states = made
    watched = Watched(len(blocks), "tip", WATCHED, states[-1])
    assert unpack(pack(watched)) == watched


@given(st.binary(max_size=200))
def test_garbage_is_forgotten(kept: bytes) -> None:
    assert unpack(kept) is None


def test_damage_and_other_forms_are_forgotten() -> None:
    kept = pack(Watched(1, "h", WATCHED, {b"x": Coin(SCRIPTS[0], 1, 1, None)}))
    for cut in range(len(kept)):
        assert unpack(kept[:cut]) is None
    stored = msgspec.msgpack.decode(zlib.decompress(kept))
    for place, value in ((0, 2), (4, [[b"x", 99, 1, 1, None]]), (2, 7)):
        spoiled = [*stored[:place], value, *stored[place + 1 :]]
        assert unpack(zlib.compress(msgspec.msgpack.encode(spoiled))) is None


def test_young_coins_and_sums() -> None:
    coins = {bytes([n]): Coin(SCRIPTS[n % 2], n, n, None) for n in range(1, 8)}
    watched = Watched(7, "h", WATCHED, coins)
    assert [coin.height for coin in watched.young(3).values()] == [6, 7]
    assert sums(coins.values()) == {SCRIPTS[0]: 12, SCRIPTS[1]: 16}
    assert outpoint("00" * 31 + "ff", 258) == b"\xff" + bytes(31) + b"\x02\x01\x00\x00"
