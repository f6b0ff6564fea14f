"""A dump of the whole set of unspent outputs at H (dumptxoutset), in a folder that the auditor names for a provider.

A file of the very block is read wherever it came from. Where there is none, the node writes it, if it can do so without
rewinding its chain: Bitcoin Core before 32 rewinds. The whole set is checked against the node's own count and total,
where it keeps them by height (-coinstatsindex).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import ClassVar

import msgspec

from chains.adapter import Dumping, Rpc, Step
from chains.errors import ChainError, Malformed, NoMethod, RpcFault
from chains.types import BlockRef
from chains.utxo import kept
from chains.utxo.dump import Dump, DumpRefused, Progress, Rules, read_dump, read_header
from chains.utxo.params import Coin as Params
from chains.utxo.source import Held, Offer, Question
from chains.utxo.watched import Coin, Outpoint, Watched
from chains.utxo.wire import shape

ROLLBACK_SINCE = 320_000
"""Bitcoin Core 32: `rollback` builds the old set in a database of its own."""
CORE = "/Satoshi:"
PARTS = ".assay-parts"
"""Where parts that are read are kept beside the file, until all of it is."""
UNFINISHED = ".incomplete"
"""How Bitcoin Core calls a file that it is still writing."""


class _Network(msgspec.Struct, frozen=True):
    version: int
    subversion: str


class _Written(msgspec.Struct, frozen=True):
    base_hash: str


class _SetInfo(msgspec.Struct, frozen=True):
    bestblock: str
    txouts: int
    total_amount: float


class DumpWay:
    """Implements UtxoSource. See the module."""

    name: ClassVar[str] = "dump"

    def __init__(self, coin: Params, decimals: int) -> None:
        self._coin, self._decimals = coin, decimals

    async def offer(self, question: Question) -> Offer:
        folder = _folder(question.rpc)
        if folder is None:
            return Offer(False, "no folder of dump files is configured")
        if (file := await asyncio.to_thread(find, folder, question.block.hash)) is not None:
            return Offer(True, f"the dump file {file.name}")
        if await _can_write(question.rpc):
            return Offer(True, "a dump file that the node writes (dumptxoutset rollback)")
        return Offer(False, f"no dump file of block {question.block.height}, and the node cannot write one in safety")

    async def held(self, question: Question) -> Held:
        folder = _folder(question.rpc)
        assert folder is not None, "it was offered"
        file = await asyncio.to_thread(find, folder, question.block.hash) or await _write(question, folder)
        loop, given_up = asyncio.get_running_loop(), Event()

        def told(at: Progress) -> None:
            if given_up.is_set():
                raise ChainError(f"the reading of {file.name} was given up")
            step = Step("dump file", at.bytes_done, at.bytes_all, "bytes", f"{at.coins:,} coins")
            loop.call_soon_threadsafe(question.progress, step)

        try:
            dump = await asyncio.to_thread(self._read, file, question, told)
        finally:
            given_up.set()  # a thread outlives who waits for it
        await self._check(dump, question)
        await kept.save(question.memory, await asyncio.to_thread(_watched, dump, question))
        scripts = question.scripts
        return Held(
            dump.amounts,
            immature={script: amount for script, amount in zip(scripts, dump.immature, strict=True) if amount},
            same_key={script: amount for script, amount in zip(scripts, dump.same_key, strict=True) if amount},
        )

    def _read(self, file: Path, question: Question, told: Callable[[Progress], None]) -> Dump:
        block, coin = question.block, self._coin
        rules = Rules(block.height, coin.maturity, pegouts=coin.pegouts, stakes=coin.stakes, tokens=coin.tokens)
        parts = file.parent / PARTS if os.access(file.parent, os.W_OK) else None
        magic = None if coin.magic is None else bytes.fromhex(coin.magic)
        try:
            dump = read_dump(
                file, question.scripts, rules, block_hash=block.hash, magic=magic, resume_in=parts, progress=told
            )
        except OSError as error:
            raise ChainError(f"the dump file {file.name} cannot be read: {error.strerror}") from None
        if parts is not None:
            with suppress(OSError):  # another reading may still have parts there
                parts.rmdir()
        return dump

    async def _check(self, dump: Dump, question: Question) -> None:
        """Nothing can be said where the node keeps no statistics by height; what contradicts them is refused."""
        asked = ["none", question.block.height]
        try:
            answer = await question.rpc.call("gettxoutsetinfo", asked)
        except RpcFault:
            return
        info = shape(_SetInfo, answer, "gettxoutsetinfo")
        # The node's total is a JSON number: both sides round to the double nearest to it. Only compared, never kept.
        ours = (question.block.hash, dump.header.coins, dump.total / 10**self._decimals)
        if ours != (info.bestblock, info.txouts, info.total_amount):
            raise Malformed(f"the dump file and {question.rpc.provider} contradict each other about the whole set")


def find(folder: Path, block_hash: str) -> Path | None:
    """The file of this block, whatever its name. Others, and what a node still writes, are passed over.

    Raises ChainError.
    """
    try:
        files = sorted(each for each in folder.iterdir() if each.is_file() and each.suffix != UNFINISHED)
    except OSError as error:
        raise ChainError(f"the folder of dump files cannot be read: {error.strerror}") from None
    for file in files:
        try:
            if read_header(file).block_hash == block_hash:
                return file
        except (DumpRefused, OSError):
            continue
    return None


def _folder(rpc: Rpc) -> Path | None:
    return rpc.dumps if isinstance(rpc, Dumping) else None


async def _can_write(rpc: Rpc) -> bool:
    try:
        node = shape(_Network, await rpc.call("getnetworkinfo"), "getnetworkinfo")
    except RpcFault:
        return False
    return node.version >= ROLLBACK_SINCE and node.subversion.startswith(CORE)


async def _write(question: Question, folder: Path) -> Path:
    """The file, whole: the node gives it its name when it is. Raises ChainError."""
    block = question.block
    path = _new(folder, block)
    asked = [str(path), "rollback", {"rollback": block.hash}]
    try:
        written = shape(_Written, await question.rpc.call("dumptxoutset", asked), "dumptxoutset")
    except NoMethod:
        raise ChainError(f"{question.rpc.provider} offers no dumptxoutset") from None
    if written.base_hash != block.hash:
        raise Malformed(f"dumptxoutset: written of block {written.base_hash}, not {block.hash}")
    return path


def _new(folder: Path, block: BlockRef) -> Path:
    return folder.absolute() / f"utxo-{block.height}-{block.hash[-16:]}.dat"


def _watched(dump: Dump, question: Question) -> Watched:
    coins: dict[Outpoint, Coin] = {}
    found = dump.coins
    for row in range(len(found)):
        if not found.same_key[row]:
            place = found.txid[row].tobytes() + int(found.vout[row]).to_bytes(4, "little")
            script = question.scripts[int(found.number[row])]
            coins[place] = Coin(script, int(found.amount[row]), int(found.height[row]), bool(found.generated[row]))
    return Watched(question.block.height, question.block.hash, frozenset(question.scripts), coins)
