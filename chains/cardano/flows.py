"""What transactions changed: the unspent outputs that addresses gained and lost after a height.

``address_txs`` names the transactions of addresses from a height on, ``tx_info`` their inputs and outputs. A
transaction whose script failed spends its collateral and makes none of its outputs, which the lists do not show: the
flow of an address in one is not stated. Koios cuts an answer at 1,000 rows.
Shapes: https://api.koios.rest (address_txs, tx_info, blocks); koios-artifacts, files/grest/rpc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from chains import answers
from chains.adapter import Call, Rpc
from chains.answers import digits, shape
from chains.cardano.assets import PREFIX
from chains.errors import Malformed, NotFinal, RpcFault
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Reason

ROWS_MAX = 1000
ADDRESSES_MAX = 40
TRANSACTIONS_MAX = 25


class _Tx(msgspec.Struct, frozen=True):
    tx_hash: str
    block_height: int


class _Block(msgspec.Struct, frozen=True):
    block_height: int
    block_time: int


class _Owner(msgspec.Struct, frozen=True):
    bech32: str


class _Output(msgspec.Struct, frozen=True):
    payment_addr: _Owner
    value: str


class _Contract(msgspec.Struct, frozen=True):
    valid_contract: bool | None = None


class _Info(msgspec.Struct, frozen=True):
    tx_hash: str
    inputs: list[_Output]
    outputs: list[_Output]
    collateral_inputs: list[_Output] | None = None
    plutus_contracts: list[_Contract] | None = None

    @property
    def failed(self) -> bool:
        return any(contract.valid_contract is False for contract in self.plutus_contracts or [])


async def flows(rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
    """Every change of each key in (since, until], added up; of ada only. Raises RpcFault when Koios refuses."""
    addresses = list(dict.fromkeys(key.address for key in keys if not key.instrument.startswith(PREFIX)))
    hashes, failures = await _transactions(rpc, addresses, since, until.height)
    sums: dict[Address, int] = dict.fromkeys(addresses, 0)
    for info in await _infos(rpc, hashes):
        for sign, outputs in ((-1, info.inputs), (1, info.outputs)):
            for output in outputs:
                if (address := Address(output.payment_addr.bech32)) in sums:
                    sums[address] += sign * digits(output.value, "value")
        if info.failed:
            touched = [*info.inputs, *info.outputs, *(info.collateral_inputs or [])]
            said = Failure(Reason.UNSUPPORTED, f"a script failed in {info.tx_hash}")
            failures |= {Address(output.payment_addr.bech32): said for output in touched}
    unread = Failure(Reason.UNSUPPORTED, "transfers of native assets are not followed")
    found = {
        key: unread if key.instrument.startswith(PREFIX) else failures.get(key.address, sums[key.address])
        for key in keys
    }
    return answers.flows(since, until, keys, found)


async def height_at(rpc: Rpc, final: BlockRef, time: datetime) -> int:
    """The height of the last block not after a time. Raises NotFinal."""
    if final.time is None or final.time <= time:
        raise NotFinal(f"the newest block {final.height} is not after {time.isoformat()}")
    newest = {"block_time": f"lte.{int(time.timestamp())}", "order": "block_height.desc", "limit": 1}
    rows = shape(list[_Block], await rpc.call("GET blocks", newest), "blocks")
    if len(rows) != 1 or rows[0].block_time > time.timestamp() or rows[0].block_height > final.height:
        raise Malformed("blocks: not the last one before a time")
    return rows[0].block_height


async def _transactions(
    rpc: Rpc, addresses: Sequence[Address], since: int, until: int
) -> tuple[list[str], dict[Address, Failure]]:
    """The hashes in (since, until], each once; and the addresses that have too many to be listed."""
    parts = [addresses[start : start + ADDRESSES_MAX] for start in range(0, len(addresses), ADDRESSES_MAX)]
    found: dict[str, None] = {}
    failures: dict[Address, Failure] = {}
    while parts:
        calls: list[Call] = [
            ("POST address_txs", {"_addresses": list(part), "_after_block_height": since + 1}) for part in parts
        ]
        again: list[Sequence[Address]] = []
        for part, answer in zip(parts, await rpc.batch(calls), strict=True):
            if isinstance(answer, RpcFault):
                raise answer
            rows = shape(list[_Tx], answer, "address_txs")
            if len(rows) < ROWS_MAX:
                found |= dict.fromkeys(row.tx_hash for row in rows if since < row.block_height <= until)
            elif len(part) == 1:
                failures[part[0]] = Failure(Reason.UNSUPPORTED, f"{ROWS_MAX} transactions or more since {since}")
            else:
                again += [part[: len(part) // 2], part[len(part) // 2 :]]
        parts = again
    return list(found), failures


async def _infos(rpc: Rpc, hashes: Sequence[str]) -> list[_Info]:
    parts = [hashes[start : start + TRANSACTIONS_MAX] for start in range(0, len(hashes), TRANSACTIONS_MAX)]
    calls: list[Call] = [
        ("POST tx_info", {"_tx_hashes": list(part), "_inputs": True, "_scripts": True}) for part in parts
    ]
    infos: list[_Info] = []
    for part, answer in zip(parts, await rpc.batch(calls) if calls else [], strict=True):
        if isinstance(answer, RpcFault):
            raise answer
        found: Mapping[str, _Info] = {info.tx_hash: info for info in shape(list[_Info], answer, "tx_info")}
        if found.keys() != set(part):
            raise Malformed("tx_info: not the transactions that were asked")
        infos += found.values()
    return infos
