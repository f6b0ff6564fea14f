"""An Electrum server: every transaction of each script's history up to H, replayed.

The history is checked against the status the server states apart (a hash over all of it), each transaction against its
id. So amounts rest on nothing but the completeness of the index: not on get_balance, which Fulcrum cuts off at 125,000
outputs without a word, nor on listunspent, which has lost what was spent after H. An over-long history, which comes
back empty or shortened, does not fit its status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import ClassVar

import msgspec

from chains.adapter import Json
from chains.errors import Malformed, NoMethod, RpcFault
from chains.utxo.params import Coin
from chains.utxo.raw import Tx, transaction
from chains.utxo.source import Held, Offer, Question
from chains.utxo.wire import shape

SCRIPTS, TRANSACTIONS = 100, 500
"""Asked for at once. The door cuts them into batches."""
_HISTORY, _SUBSCRIBE = "blockchain.scripthash.get_history", "blockchain.scripthash.subscribe"
_UNSUBSCRIBE, _GET = "blockchain.scripthash.unsubscribe", "blockchain.transaction.get"
_NOBODY = bytes(32).hex()


class _Entry(msgspec.Struct, frozen=True):
    """``height`` is 0 or -1 for a transaction in no block."""

    tx_hash: str
    height: int


History = Sequence[_Entry]


class ElectrumWay:
    """Implements UtxoSource. See the module."""

    name: ClassVar[str] = "electrum"

    def __init__(self, coin: Coin) -> None:
        self._coin = coin

    async def offer(self, question: Question) -> Offer:
        try:
            await question.rpc.call(_HISTORY, [_NOBODY])
        except NoMethod:
            return Offer(False, "no Electrum server")
        except RpcFault as fault:
            return Offer(False, f"its histories cannot be asked for ({fault.message})")
        return Offer(True, "an Electrum server: the history of each script, replayed")

    async def held(self, question: Question) -> Held:
        amounts: dict[bytes, int] = {}
        immature: dict[bytes, int] = {}
        for start in range(0, len(question.scripts), SCRIPTS):
            some = question.scripts[start : start + SCRIPTS]
            histories = await _histories(question, some)
            height_of = _up_to(histories, question)
            read = await _transactions(question, list(height_of), self._coin)
            _check(question, histories, read, height_of)
            held = await asyncio.to_thread(_replay, some, read)
            for txid, script, amount in held:
                amounts[script] = amounts.get(script, 0) + amount
                young = question.block.height + 1 - height_of[txid] < self._coin.maturity
                if young and read[txid].generated:
                    immature[script] = immature.get(script, 0) + amount
        return Held([amounts.get(script, 0) for script in question.scripts], immature=immature)


async def _histories(question: Question, scripts: Sequence[bytes]) -> dict[bytes, History]:
    """Whole histories, proven by their status. Asked for again once: a transaction may come in between."""
    found: dict[bytes, History] = {}
    for _ in range(2):
        asked = [script for script in scripts if script not in found]
        names = [[sha256(script).digest()[::-1].hex()] for script in asked]
        statuses = await _all(question, _SUBSCRIBE, names)
        histories = await _all(question, _HISTORY, names)
        await question.rpc.batch([(_UNSUBSCRIBE, name) for name in names])  # a refusal of it costs nothing
        for script, status, said in zip(asked, statuses, histories, strict=True):
            history = shape(list[_Entry], said, "get_history")
            if status == _status(history):
                found[script] = history
        if len(found) == len(scripts):
            return found
    raise Malformed(f"{question.rpc.provider}: a history that does not fit its status: it is not whole")


async def _transactions(question: Question, txids: Sequence[str], coin: Coin) -> dict[str, Tx]:
    read: dict[str, Tx] = {}
    for start in range(0, len(txids), TRANSACTIONS):
        some = txids[start : start + TRANSACTIONS]
        for txid, said in zip(some, await _all(question, _GET, [[txid] for txid in some]), strict=True):
            tx = transaction(_bytes(said), coin.form)
            if tx.txid[::-1].hex() != txid:
                raise Malformed(f"{question.rpc.provider}: it sent another transaction than {txid}")
            read[txid] = tx
    return read


async def _all(question: Question, method: str, params: Sequence[Sequence[str]]) -> list[Json]:
    results: list[Json] = []
    for answer in await question.rpc.batch([(method, each) for each in params]):
        if isinstance(answer, RpcFault):
            raise answer
        results.append(answer)
    return results


def _up_to(histories: Mapping[bytes, History], question: Question) -> dict[str, int]:
    """Height of every transaction in a block up to H."""
    mined = {entry for history in histories.values() for entry in history if 0 < entry.height <= question.block.height}
    height_of = {entry.tx_hash: entry.height for entry in mined}
    if len(height_of) != len(mined):
        raise Malformed(f"{question.rpc.provider}: a transaction lies at two heights")
    return height_of


def _check(
    question: Question, histories: Mapping[bytes, History], read: Mapping[str, Tx], height_of: Mapping[str, int]
) -> None:
    """What one history shows of another script must be in that script's history, too."""
    listed = {(script, entry.tx_hash) for script, history in histories.items() for entry in history}
    owner = {
        tx.txid + place.to_bytes(4, "little"): script
        for tx in read.values()
        for place, (_, script) in enumerate(tx.outputs)
        if script in histories
    }
    for txid, tx in read.items():
        touched = {script for _, script in tx.outputs if script in histories}
        touched |= {owner[outpoint] for outpoint in tx.spends if outpoint in owner}
        if any((script, txid) not in listed for script in touched):
            raise Malformed(f"{question.rpc.provider}: {txid} at height {height_of[txid]} is missing in a history")


def _replay(scripts: Sequence[bytes], read: Mapping[str, Tx]) -> list[tuple[str, bytes, int]]:
    """(transaction id, script, base units) of each output of these scripts that none of the transactions spends."""
    wanted = frozenset(scripts)
    spent = {outpoint for tx in read.values() for outpoint in tx.spends}
    return [
        (txid, script, amount)
        for txid, tx in read.items()
        for place, (amount, script) in enumerate(tx.outputs)
        if script in wanted and tx.txid + place.to_bytes(4, "little") not in spent
    ]


def _status(history: History) -> str | None:
    if not history:
        return None
    return sha256("".join(f"{entry.tx_hash}:{entry.height}:" for entry in history).encode()).hexdigest()


def _bytes(said: object) -> bytes:
    try:
        return bytes.fromhex(said) if isinstance(said, str) else b""
    except ValueError:
        return b""
