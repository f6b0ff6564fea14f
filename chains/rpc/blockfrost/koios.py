"""From Blockfrost's answers to Koios's. Pure; what does not fit raises Malformed, a refusal itself.

Shapes: https://github.com/blockfrost/openapi, src/schemas, and https://api.koios.rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import msgspec

from chains.adapter import Json
from chains.answers import SECOND, shape, utc
from chains.errors import Malformed, RpcFault
from chains.types import BlockRef

T = TypeVar("T")
Answer: TypeAlias = "Json | RpcFault"
_ADA, _POLICY = "lovelace", 56
"""Every other unit is the policy of an asset, in so many letters, and then its name."""


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


def genesis(answer: Json) -> Json:
    return {"networkmagic": str(shape(_Genesis, answer, "genesis").network_magic)}


def block(answer: Json) -> BlockRef:
    found = shape(_Block, answer, "blocks")
    return BlockRef(found.height, found.hash, utc(found.time * SECOND, "blocks"))


def tip(found: BlockRef) -> Json:
    assert found.time is not None, "as block() made it"
    return {"hash": found.hash, "block_time": int(found.time.timestamp()), "block_height": found.height}


def is_unknown(answer: Answer) -> bool:
    """The API's own 404: no transaction ever named this address. A wrong path is 400."""
    return (
        isinstance(answer, RpcFault)
        and answer.code == 404
        and isinstance(answer.data, dict)
        and answer.data.get("status_code") == 404
    )


def _sound(answer: Answer, kind: type[T], what: str) -> T:
    if isinstance(answer, RpcFault):
        raise answer
    return shape(kind, answer, what)


def address_info(address: str, answer: Answer) -> Json:
    """With its outputs as one. What cannot be read is a balance without digits: the family refuses this one address,
    and not its neighbours.
    """
    try:
        said = _sound(answer, _Address, "addresses")
        balance = _lovelace(said.amount)
    except Malformed as error:
        return {"address": address, "balance": str(error)}
    assets: list[Json] = [
        {"policy_id": each.unit[:_POLICY], "asset_name": each.unit[_POLICY:], "quantity": each.quantity}
        for each in said.amount
        if each.unit != _ADA
    ]
    return {"address": said.address, "balance": balance, "utxo_set": [{"value": balance, "asset_list": assets}]}


def address_txs(answer: Answer) -> list[Json]:
    rows = [] if is_unknown(answer) else _sound(answer, list[_Row], "transactions")
    return [{"tx_hash": row.tx_hash, "block_height": row.block_height} for row in rows]


def tx_info(about: Answer, sides: Answer) -> Json:
    tx, utxos = _sound(about, _Tx, "txs"), _sound(sides, _Utxos, "utxos")
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
    found = [amount.quantity for amount in amounts if amount.unit == _ADA]
    if len(found) != 1:
        raise Malformed("no amount of lovelace, or two")
    return found[0]
