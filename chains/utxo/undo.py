"""From a scan at the tip down to a pinned height: what the blocks in between moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set

import msgspec

from chains.adapter import Rpc
from chains.errors import Malformed, Pruned, Reorged, RpcFault, Transport
from chains.types import BlockRef
from chains.utxo.wire import shape, units

WITH_PREVOUTS = 3
"""Verbosity of getblock that shows what each input spends; nodes that do not know it answer like 2, without."""
BLOCK_PRUNED = -1
NOT_FOUND = -5
PREVOUT_BATCH = 500
Outpoint = tuple[str, int]


class _Script(msgspec.Struct, frozen=True):
    hex: str


class _Output(msgspec.Struct, frozen=True):
    """``ismweb``: Litecoin's hidden outputs, which have no script and no visible amount."""

    n: int | None = None
    value: float | None = None
    script: _Script | None = msgspec.field(name="scriptPubKey", default=None)
    ismweb: bool = False


class _Input(msgspec.Struct, frozen=True):
    coinbase: str | None = None
    txid: str | None = None
    vout: int | None = None
    prevout: _Output | None = None
    ismweb: bool = False


class _Tx(msgspec.Struct, frozen=True):
    vin: list[_Input]
    vout: list[_Output]


class _Block(msgspec.Struct, frozen=True):
    hash: str
    height: int
    tx: list[_Tx]
    previous: str | None = msgspec.field(name="previousblockhash", default=None)


async def gained(rpc: Rpc, *, since: BlockRef, tip: BlockRef, scripts: Set[str], decimals: int) -> Mapping[str, int]:
    """Base units that each of the scripts (hex) won, net, in the blocks after ``since`` up to ``tip``; may be negative.

    Walks down by parent hash, so neither a reorganisation nor a new block can slip in between. Raises Reorged when
    the walk does not end in ``since``, Pruned when the node can no longer tell what those blocks spent.
    """
    if tip.height < since.height:
        raise Transport(f"{rpc.provider} scanned at height {tip.height}, below the pinned {since.height}")
    net: dict[str, int] = defaultdict(int)

    def book(sign: int, output: _Output) -> None:
        if output.script is None or output.value is None:
            raise Malformed("an output has no script or no amount")
        if output.script.hex in scripts:
            net[output.script.hex] += sign * units(output.value, decimals)

    block_hash = tip.hash
    for height in range(tip.height, since.height, -1):
        block = await _block(rpc, block_hash)
        if (block.hash, block.height) != (block_hash, height) or block.previous is None:
            raise Malformed(f"getblock: not the block {block_hash} at height {height}")
        for output in _created(block):
            book(+1, output)
        for output in await _spent(rpc, block):
            book(-1, output)
        block_hash = block.previous
    if block_hash != since.hash:
        raise Reorged(f"block {since.height} was {since.hash}, is {block_hash}")
    return net


async def _block(rpc: Rpc, block_hash: str) -> _Block:
    try:
        return shape(_Block, await rpc.call("getblock", [block_hash, WITH_PREVOUTS]), "getblock")
    except RpcFault as fault:
        if fault.code != BLOCK_PRUNED:
            raise
        raise Pruned(fault.code, f"every block since the pinned height is needed whole: {fault.message}") from None


def _created(block: _Block) -> Iterator[_Output]:
    return (output for tx in block.tx for output in tx.vout if not output.ismweb)


async def _spent(rpc: Rpc, block: _Block) -> Sequence[_Output]:
    """The outputs a block's inputs spend, from the block itself or else from the transaction index."""
    told: list[_Output] = []
    untold: list[Outpoint] = []
    for spent in (spent for tx in block.tx for spent in tx.vin if spent.coinbase is None and not spent.ismweb):
        if spent.prevout is not None:
            told.append(spent.prevout)
        elif spent.txid is not None and spent.vout is not None:
            untold.append((spent.txid, spent.vout))
        else:
            raise Malformed(f"getblock: an input of block {block.hash} spends nothing")
    return told + await _looked_up(rpc, untold)


async def _looked_up(rpc: Rpc, outpoints: Sequence[Outpoint]) -> list[_Output]:
    """Each output, from the node's transaction index. Raises Pruned where there is none."""
    found: dict[Outpoint, _Output] = {}
    txids = list(dict.fromkeys(txid for txid, _ in outpoints))
    for start in range(0, len(txids), PREVOUT_BATCH):
        part = txids[start : start + PREVOUT_BATCH]
        answers = await rpc.batch([("getrawtransaction", (txid, True)) for txid in part])
        for txid, answer in zip(part, answers, strict=True):
            if isinstance(answer, RpcFault):
                raise _no_index(answer) if answer.code == NOT_FOUND else answer
            for output in shape(_Tx, answer, "getrawtransaction").vout:
                if output.n is not None:
                    found[txid, output.n] = output
    if missing := set(outpoints) - found.keys():
        raise Malformed(f"getrawtransaction: no output {missing.pop()}, though a block spends it")
    return [found[outpoint] for outpoint in outpoints]


def _no_index(fault: RpcFault) -> Pruned:
    return Pruned(
        fault.code,
        "to go back from the tip a node must tell what later blocks spent: by getblock verbosity 3 (Bitcoin Core 23 "
        f"and later) or by a complete -txindex ({fault.message})",
    )
