"""A crowd on litecoind: a hundred thousand holders of every address type among a million coins of others.

The chain is made to order, so what everybody holds after every block is known from the orders alone: no node, parser or
index is asked. A third of the holders can be spent without a key (P2SH, P2WSH and, taproot being off, P2TR).
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chains.types import BlockRef
from chains.utxo import blocks
from scripts.engines.litecoind import MATURE, Litecoind

KINDS = ("p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr")
OTHERS = b"\x53"
"""OP_3: coins of nobody that anybody can spend, apart from those the engine hands out."""
OTHERS_A_BLOCK = 90_000
PAID_A_BLOCK = 22_000
FINAL_SEQUENCE = b"\xff\xff\xff\xff"


class Place(NamedTuple):
    """An output: the transaction as hashed, and which."""

    txid: bytes
    number: int


class Holder(NamedTuple):
    """``redeem``: what spends its coins; b"" where only a key would, None in P2TR."""

    kind: str
    script: bytes
    redeem: bytes | None


def holder(number: int) -> Holder:
    """The same one for the same number."""
    kind = KINDS[number % len(KINDS)]
    seed = hashlib.sha256(f"crowd {number}".encode()).digest()
    redeem = b"\x08" + seed[:8] + b"\x75\x51"  # a number, dropped, and OP_TRUE
    if kind == "p2sh":
        digest = hashlib.new("ripemd160", hashlib.sha256(redeem).digest()).digest()
        return Holder(kind, b"\xa9\x14" + digest + b"\x87", redeem)
    if kind == "p2wsh":
        return Holder(kind, b"\x00\x20" + hashlib.sha256(redeem).digest(), redeem)
    if kind == "p2tr":
        return Holder(kind, b"\x51\x20" + seed, None)
    if kind == "p2pkh":
        return Holder(kind, b"\x76\xa9\x14" + seed[:20] + b"\x88\xac", b"")
    return Holder(kind, b"\x00\x14" + seed[:20], b"")


@dataclass
class Crowd:
    """``held`` by holder number, after the newest block; ``at`` keeps copies of it by height.

    ``purse`` and ``others`` are coins that anybody can spend, ``_spendable`` those of holders, oldest first.
    """

    node: Litecoind
    holders: Sequence[Holder]
    purse: list[tuple[Place, int]] = field(default_factory=list)
    others: list[Place] = field(default_factory=list)
    held: Counter[int] = field(default_factory=Counter)
    at: dict[int, dict[int, int]] = field(default_factory=dict)
    _spendable: list[tuple[Place, int, int]] = field(default_factory=list)

    async def height(self) -> int:
        height = await self.node.rpc.call("getblockcount")
        assert isinstance(height, int)
        return height

    async def mark(self) -> BlockRef:
        """Remember what everybody holds now; the newest block."""
        block = await blocks.at_tip_height(self.node.rpc, await self.height())
        self.at[block.height] = {number: amount for number, amount in self.held.items() if amount}
        return block

    async def fill(self, coins: int) -> None:
        """So many coins of others, each worth 3,000 litoshi."""
        for start in range(0, coins, OTHERS_A_BLOCK):
            count = min(OTHERS_A_BLOCK, coins - start)
            await self.pay_scripts([(3_000, OTHERS)] * count)

    async def pay(self, orders: Sequence[tuple[int, int]]) -> None:
        """(holder, litoshi): one new coin each."""
        for start in range(0, len(orders), PAID_A_BLOCK):
            part = orders[start : start + PAID_A_BLOCK]
            txid = await self.pay_scripts([(amount, self.holders[number].script) for number, amount in part])
            self._made(txid, part)

    async def move(self, coins: int, orders: Sequence[tuple[int, int]], *, others: int = 0) -> None:
        """One block: the oldest spendable coins of holders pay these orders, and so many coins of others move, too."""
        taken, self._spendable = self._spendable[:coins], self._spendable[coins:]
        spent: list[tuple[Place, Holder | None]] = [(place, self.holders[number]) for place, number, _ in taken]
        raw, txid = transaction(spent, [(amount, self.holders[number].script) for number, amount in orders])
        raws = [raw]
        for _, number, amount in taken:
            self.held[number] -= amount
        self._made(txid, orders)
        free, self.others = self.others[:others], self.others[others:]
        for start in range(0, others, 100):
            part = free[start : start + 100]
            raw, made = transaction([(place, None) for place in part], [(2_900, OTHERS)] * len(part))
            raws.append(raw)
            self.others += [Place(made, number) for number in range(len(part))]
        await self.node.mine_with([each.hex() for each in raws])

    def newest_first(self) -> None:
        """The coins made last are spent next."""
        self._spendable.reverse()

    async def earn(self, number: int, address: str) -> None:
        """A block whose coinbase pays a holder at an address."""
        (block_hash,) = await self.node.mine(to=address)
        block: Any = await self.node.rpc.call("getblock", [block_hash, 2])
        self.held[number] += round(block["tx"][0]["vout"][0]["value"] * 10**8)

    def _made(self, txid: bytes, orders: Iterable[tuple[int, int]]) -> None:
        for place, (number, amount) in enumerate(orders):
            self.held[number] += amount
            if self.holders[number].redeem != b"":
                self._spendable.append((Place(txid, place), number, amount))

    async def pay_scripts(self, outputs: Sequence[tuple[int, bytes]]) -> bytes:
        """One block with one transaction out of the purse, which gets the rest back. Others' coins are noted."""
        if not self.purse:
            coins = await self.node.purse()
            self.purse = [(Place(bytes.fromhex(coin.txid)[::-1], coin.vout), coin.amount) for coin in coins]
        wanted = sum(amount for amount, _ in outputs)
        inputs: list[tuple[Place, Holder | None]] = []
        total = 0
        while total < wanted:
            place, amount = self.purse.pop()
            inputs.append((place, None))
            total += amount
        raw, txid = transaction(inputs, [*outputs, (total - wanted, b"\x52")])
        self.purse.append((Place(txid, len(outputs)), total - wanted))
        self.others += [Place(txid, n) for n, (_, script) in enumerate(outputs) if script == OTHERS]
        await self.node.mine_with([raw.hex()])
        return txid


def transaction(
    spent: Sequence[tuple[Place, Holder | None]], outputs: Sequence[tuple[int, bytes]]
) -> tuple[bytes, bytes]:
    """(raw transaction, its txid as hashed). None spends a coin that anybody can."""
    inputs, witnesses = b"", b""
    for place, owner in spent:
        redeem = owner.redeem if owner is not None else None
        signature = bytes([len(redeem)]) + redeem if redeem and owner is not None and owner.kind == "p2sh" else b""
        inputs += place.txid + struct.pack("<I", place.number) + bytes([len(signature)]) + signature + FINAL_SEQUENCE
        has_witness = owner is not None and owner.kind == "p2wsh"
        witnesses += b"\x01" + bytes([len(redeem)]) + redeem if has_witness and redeem else b"\x00"
    paid = b"".join(struct.pack("<q", amount) + bytes([len(script)]) + script for amount, script in outputs)
    body = _size(len(spent)) + inputs + _size(len(outputs)) + paid
    plain = b"\x02\0\0\0" + body + bytes(4)
    raw = b"\x02\0\0\0\x00\x01" + body + witnesses + bytes(4) if witnesses.strip(b"\0") else plain
    return raw, hashlib.sha256(hashlib.sha256(plain).digest()).digest()


def _size(count: int) -> bytes:
    if count < 253:
        return bytes([count])
    return b"\xfd" + struct.pack("<H", count) if count < 65_536 else b"\xfe" + struct.pack("<I", count)


async def gather(node: Litecoind, *, holders: int, others: int) -> Crowd:
    """Everybody has one coin, of 10,000 litoshi and the holder's number; nothing has moved yet."""
    crowd = Crowd(node, [holder(number) for number in range(holders)])
    await node.mine(MATURE)  # more to hand out
    await crowd.fill(others)
    await crowd.pay([(number, 10_000 + number) for number in range(holders)])
    return crowd
