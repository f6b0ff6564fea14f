"""What one block made and spent of the watched scripts, so that it can be undone.

What it spent is told by the block itself (getblock verbosity 3, Bitcoin Core 23 and later), or else looked up in the
transaction index (-txindex), the block being read as the network sends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from chains.adapter import Rpc
from chains.errors import Malformed, Pruned, RpcFault
from chains.utxo.forward import BLOCK_PRUNED, fetch_one, read
from chains.utxo.params import Coin as Params
from chains.utxo.raw import Tx, merkle_root, previous, transaction
from chains.utxo.watched import Coin, Outpoint, Watched, outpoint
from chains.utxo.wire import granted, shape, unhex, units

WITH_PREVOUTS = 3
"""Verbosity of getblock that shows what each input spends; nodes that do not know it answer like 2, without."""
NOT_FOUND = -5
LOOKUPS = 500
"""Transactions looked up at once."""
Paid = tuple[bytes, int]
"""(scriptPubKey, base units)"""


class _Script(msgspec.Struct, frozen=True):
    hex: str


class _Output(msgspec.Struct, frozen=True):
    """``ismweb``: Litecoin's hidden outputs, which have no script and no visible amount. Likewise inputs."""

    n: int | None = None
    value: float | None = None
    script: _Script | None = msgspec.field(name="scriptPubKey", default=None)
    height: int | None = None
    generated: bool | None = None
    ismweb: bool = False


class _Input(msgspec.Struct, frozen=True):
    coinbase: str | None = None
    txid: str | None = None
    vout: int | None = None
    prevout: _Output | None = None
    ismweb: bool = False


class _Tx(msgspec.Struct, frozen=True):
    txid: str
    vin: list[_Input]
    vout: list[_Output]


class _Block(msgspec.Struct, frozen=True):
    hash: str
    height: int
    tx: list[_Tx]
    merkle_root: str = msgspec.field(name="merkleroot")
    previous: str | None = msgspec.field(name="previousblockhash", default=None)


class _Header(msgspec.Struct, frozen=True):
    height: int


@dataclass(frozen=True, slots=True)
class Undone:
    """``previous``: the parent's hash. ``made``: outputs it left unspent. ``spent``: older outputs it spent."""

    previous: str
    made: Mapping[Outpoint, Paid]
    spent: Mapping[Outpoint, Coin]


class Undoing:
    """One provider; the first block with inputs shows whether its blocks tell what they spend."""

    def __init__(self, rpc: Rpc, coin: Params, decimals: int) -> None:
        self._rpc, self._coin, self._decimals = rpc, coin, decimals
        self._telling = True
        self.provider = rpc.provider

    async def newest(self, watched: Watched) -> Undone:
        """Of the block that ``watched`` stands at. Raises Pruned where the provider cannot tell; Malformed."""
        if self._telling:
            block = await self._block(watched)
            inputs = [spent for tx in block.tx for spent in tx.vin if spent.coinbase is None and not spent.ismweb]
            self._telling = _is_whole(block) and all(spent.prevout is not None for spent in inputs)
            if self._telling:
                return self._told(block, inputs, watched)
        raw = read(await fetch_one(self._rpc, watched.hash, self._coin), self._coin)
        made = {
            tx.txid + number.to_bytes(4, "little"): (script, amount)
            for tx in raw.transactions
            for number, (amount, script) in enumerate(tx.outputs)
            if script in watched.scripts
        }
        own = {tx.txid for tx in raw.transactions}
        older: list[Outpoint] = []
        for place in (place for tx in raw.transactions for place in tx.spends):
            made.pop(place, None)
            if place[:32] not in own:
                older.append(place)
        return Undone(raw.previous, made, await self._looked_up(older, watched))

    async def _block(self, watched: Watched) -> _Block:
        try:
            answer = await self._rpc.call("getblock", [watched.hash, WITH_PREVOUTS])
        except RpcFault as fault:
            if fault.code != BLOCK_PRUNED:
                raise
            said = f"every block since the pinned height is needed whole: {fault.message}"
            raise Pruned(fault.code, said) from None
        block = shape(_Block, answer, "getblock")
        if (block.hash, block.height) != (watched.hash, watched.height):
            raise Malformed(f"getblock: not the block {watched.hash} at height {watched.height}")
        return block

    def _told(self, block: _Block, inputs: Iterable[_Input], watched: Watched) -> Undone:
        made: dict[Outpoint, Paid] = {}
        for tx in block.tx:
            for output in tx.vout:
                if not output.ismweb and (paid := self._paid(output))[0] in watched.scripts:
                    made[_place(tx.txid, output.n)] = paid
        spent: dict[Outpoint, Coin] = {}
        for each in inputs:
            before = each.prevout
            assert before is not None
            place, paid = _place(each.txid, each.vout), self._paid(before)
            made.pop(place, None)
            if before.height is None:
                raise Malformed(f"getblock: an input of block {block.hash} does not say how old what it spends is")
            if paid[0] in watched.scripts and before.height < block.height:
                spent[place] = Coin(*paid, before.height, before.generated)
        if block.previous is None:
            raise Malformed(f"getblock: block {block.hash} names no parent")
        return Undone(block.previous, made, spent)

    async def _looked_up(self, places: Iterable[Outpoint], watched: Watched) -> dict[Outpoint, Coin]:
        wanted: dict[str, list[Outpoint]] = {}
        for place in places:
            wanted.setdefault(place[31::-1].hex(), []).append(place)
        txids = list(wanted)
        found: dict[Outpoint, Coin] = {}
        for start in range(0, len(txids), LOOKUPS):
            part = txids[start : start + LOOKUPS]
            answers = await self._rpc.batch([("getrawtransaction", (txid, False)) for txid in part])
            ours: dict[str, dict[Outpoint, tuple[Paid, bool]]] = {}
            for txid, answer in zip(part, answers, strict=True):
                if isinstance(answer, RpcFault):
                    raise _no_index(answer) if answer.code == NOT_FOUND else answer
                tx = transaction(unhex(answer, "getrawtransaction"), self._coin.form)
                if paid := _watched_of(tx, wanted[txid], watched):
                    ours[txid] = {place: (each, tx.generated) for place, each in paid.items()}
            heights = await self._heights(list(ours))
            for txid, coins in ours.items():
                found |= {place: Coin(*paid, heights[txid], generated) for place, (paid, generated) in coins.items()}
        return found

    async def _heights(self, txids: Sequence[str]) -> dict[str, int]:
        """Of the blocks of transactions: their proofs name the parent of the block."""
        proofs = await self._rpc.batch([("gettxoutproof", ([txid],)) for txid in txids])
        parents = [previous(unhex(granted(proof), "gettxoutproof")) for proof in proofs]
        headers = await self._rpc.batch([("getblockheader", (parent,)) for parent in parents])
        heights = [shape(_Header, granted(header), "getblockheader").height + 1 for header in headers]
        return dict(zip(txids, heights, strict=True))

    def _paid(self, output: _Output) -> Paid:
        if output.script is None or output.value is None:
            raise Malformed("an output has no script or no amount")
        try:
            return bytes.fromhex(output.script.hex), units(output.value, self._decimals)
        except ValueError:
            raise Malformed("an output's script is no hexadecimal") from None


def _place(txid: str | None, number: int | None) -> Outpoint:
    try:
        if txid is not None and number is not None:
            return outpoint(txid, number)
    except (ValueError, OverflowError):
        pass
    raise Malformed("an output whose place cannot be read")


def _is_whole(block: _Block) -> bool:
    """Whether it shows all its transactions: to other nodes (Bitcoin SV) this verbosity means the coinbase alone."""
    try:
        return merkle_root([bytes.fromhex(tx.txid)[::-1] for tx in block.tx])[::-1].hex() == block.merkle_root
    except (ValueError, IndexError):
        raise Malformed(f"getblock: block {block.hash} without transactions, or with one that has no id") from None


def _watched_of(tx: Tx, wanted: Iterable[Outpoint], watched: Watched) -> dict[Outpoint, Paid]:
    """What was paid to watched scripts in these outputs of a transaction. Raises Malformed for any other one."""
    paid: dict[Outpoint, Paid] = {}
    for place in wanted:
        number = int.from_bytes(place[32:], "little")
        if place[:32] != tx.txid or number >= len(tx.outputs):
            raise Malformed("getrawtransaction: not the transaction whose output a block spends")
        amount, script = tx.outputs[number]
        if script in watched.scripts:
            paid[place] = script, amount
    return paid


def _no_index(fault: RpcFault) -> Pruned:
    return Pruned(
        fault.code,
        "to go back from the tip a node must tell what later blocks spent: by getblock verbosity 3 (Bitcoin Core 23 "
        f"and later) or by a complete -txindex ({fault.message})",
    )
