"""Blockfrost in Koios's words, which are those of the Cardano family.

Documents: https://docs.blockfrost.io and https://github.com/blockfrost/openapi (``/genesis``, ``/blocks/latest``,
``/addresses/{address}``, ``/addresses/{address}/transactions``, ``/txs/{hash}``, ``/txs/{hash}/utxos``); what an answer
means: https://github.com/blockfrost/blockfrost-backend-ryo. The key goes into the header ``project_id``, and the
provider's URL ends in ``/api/v0``. One address a request, as of the newest block, which the family holds against
``/blocks/latest`` before and after. An address that never was in a transaction is answered with 404 in the API's own
words; a wrong path is 400. Lists come in pages of 100. 402 (the day's requests are spent), 403 (the key) and 418
(banned for going on) concern every question, not one address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from chains.adapter import Call, Json, Params
from chains.answers import shape
from chains.errors import ChainError, Malformed, RpcFault
from chains.redact import redact
from chains.rpc.client import HttpRpc
from chains.rpc.translated import Translated

T = TypeVar("T")
PAGE = 100
PAGES_MAX = 10
"""As many rows as make Koios cut its answer, which the family takes for too many."""
_NO_ACCESS = (402, 403, 418)


class _Genesis(msgspec.Struct, frozen=True):
    network_magic: int


class _Block(msgspec.Struct, frozen=True):
    hash: str
    time: int
    height: int


class _Amount(msgspec.Struct, frozen=True):
    unit: str
    quantity: str


class _Address(msgspec.Struct, frozen=True):
    address: str
    amount: list[_Amount]


class _Row(msgspec.Struct, frozen=True):
    tx_hash: str
    block_height: int


class _Tx(msgspec.Struct, frozen=True):
    hash: str
    valid_contract: bool


class _Side(msgspec.Struct, frozen=True):
    """An input or an output. ``reference``: it is looked at and stays unspent."""

    address: str
    amount: list[_Amount]
    collateral: bool = False
    reference: bool = False


class _Utxos(msgspec.Struct, frozen=True):
    hash: str
    inputs: list[_Side]
    outputs: list[_Side]


class BlockfrostRpc(Translated[HttpRpc]):
    """Implements chains.adapter.Rpc for the calls of the Cardano family."""

    async def call(self, method: str, params: Params = ()) -> Json:
        """The answer Koios would give. Raises ChainError; RpcFault for what Blockfrost cannot be asked."""
        match method, params:
            case "GET genesis", _:
                genesis = shape(_Genesis, await self._asked.call("GET genesis"), "genesis")
                return [{"networkmagic": str(genesis.network_magic)}]
            case "GET tip", _:
                block = shape(_Block, await self._asked.call("GET blocks/latest"), "blocks/latest")
                return [{"hash": block.hash, "block_time": block.time, "block_height": block.height}]
            case "POST address_info", {"_addresses": list(addresses)}:
                return await self._infos(addresses)
            case "POST address_txs", {"_addresses": list(addresses), "_after_block_height": int(first)}:
                return await self._transactions(addresses, first)
            case "POST tx_info", {"_tx_hashes": list(hashes)}:
                return await self._details(hashes)
        return await super().call(method, params)

    async def _infos(self, addresses: Sequence[str]) -> Json:
        answers = await self._ask([(f"GET addresses/{address}", {}) for address in addresses])
        pairs = zip(addresses, answers, strict=True)
        return [_info(address, answer) for address, answer in pairs if not _is_unknown(answer)]

    async def _transactions(self, addresses: Sequence[str], first: int) -> Json:
        """Oldest first, so that a block that comes in between shifts no page."""
        found: list[Json] = []
        waiting = list(addresses)
        for page in range(1, PAGES_MAX + 1):
            asked = {"order": "asc", "from": first, "count": PAGE, "page": page}
            answers = await self._ask([(f"GET addresses/{address}/transactions", asked) for address in waiting])
            pages = [[] if _is_unknown(answer) else _sound(answer, list[_Row], "transactions") for answer in answers]
            found += [{"tx_hash": row.tx_hash, "block_height": row.block_height} for rows in pages for row in rows]
            waiting = [address for address, rows in zip(waiting, pages, strict=True) if len(rows) >= PAGE]
            if not waiting:
                break
        return found

    async def _details(self, hashes: Sequence[str]) -> Json:
        calls: list[Call] = [(f"GET txs/{each}{part}", {}) for each in hashes for part in ("", "/utxos")]
        answers = await self._ask(calls)
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [_detail(_sound(tx, _Tx, "txs"), _sound(utxos, _Utxos, "utxos")) for tx, utxos in pairs]

    async def _ask(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        answers = await self._asked.batch(calls)
        for answer in answers:
            if isinstance(answer, RpcFault) and answer.code in _NO_ACCESS:
                raise ChainError(redact(str(answer)))
        return answers


def _is_unknown(answer: Json | RpcFault) -> bool:
    """The API's own 404: no transaction ever named this address."""
    return (
        isinstance(answer, RpcFault)
        and answer.code == 404
        and isinstance(answer.data, dict)
        and answer.data.get("status_code") == 404
    )


def _sound(answer: Json | RpcFault, kind: type[T], what: str) -> T:
    if isinstance(answer, RpcFault):
        raise answer
    return shape(kind, answer, what)


def _info(address: str, answer: Json | RpcFault) -> Json:
    """What cannot be read is a balance without digits: the family refuses this one address, and not its neighbours."""
    try:
        said = _sound(answer, _Address, "addresses")
        return {"address": said.address, "balance": _lovelace(said.amount)}
    except Malformed as error:
        return {"address": address, "balance": str(error)}


def _detail(tx: _Tx, utxos: _Utxos) -> Json:
    if tx.hash != utxos.hash:
        raise Malformed("txs: the inputs and outputs of another transaction")
    spent = [side for side in utxos.inputs if not side.reference]
    return {
        "tx_hash": tx.hash,
        "inputs": [_output(side) for side in spent if not side.collateral],
        "outputs": [_output(side) for side in utxos.outputs if not (side.collateral and tx.valid_contract)],
        "collateral_inputs": [_output(side) for side in spent if side.collateral],
        "plutus_contracts": [{"valid_contract": tx.valid_contract}],
    }


def _output(side: _Side) -> Json:
    return {"payment_addr": {"bech32": side.address}, "value": _lovelace(side.amount)}


def _lovelace(amounts: Sequence[_Amount]) -> str:
    """Raises Malformed unless there is exactly one: an output without ada does not exist."""
    found = [amount.quantity for amount in amounts if amount.unit == "lovelace"]
    if len(found) != 1:
        raise Malformed("no amount of lovelace, or two")
    return found[0]
