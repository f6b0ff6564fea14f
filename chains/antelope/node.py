"""What nodeos says: its newest and its last irreversible block, and what accounts hold at its head.

Shapes: https://docs.antelope.io (Chain API: get_info, get_block_info, get_account, get_currency_balance,
get_table_rows); the source: AntelopeIO/spring, plugins/chain_plugin. An account without balance has no row:
``core_liquid_balance`` is left out, the list of get_currency_balance is empty, the latter also for an account that does
not exist. get_account refuses that one.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, rfc3339, shape
from chains.antelope.assets import Coin, amount, parse
from chains.errors import Malformed, Pruned, RpcFault
from chains.types import Address, BlockRef, Liquidity

SYSTEM = "eosio"
_REX = "REX"
_REX_DECIMALS = 4
_UNKNOWN_BLOCK = "unknown_block_exception"
_Height = Annotated[int, msgspec.Meta(ge=1)]


class Info(msgspec.Struct, frozen=True):
    chain_id: str
    head_block_num: _Height
    last_irreversible_block_num: _Height
    last_irreversible_block_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    last_irreversible_block_time: str

    @property
    def final(self) -> BlockRef:
        time = rfc3339(self.last_irreversible_block_time + "Z", "last_irreversible_block_time")
        return BlockRef(self.last_irreversible_block_num, self.last_irreversible_block_id, time)


class _Block(msgspec.Struct, frozen=True):
    block_num: _Height
    id: str
    timestamp: str


class _Bandwidth(msgspec.Struct, frozen=True):
    net_weight: str
    cpu_weight: str


class _Refund(msgspec.Struct, frozen=True):
    net_amount: str
    cpu_amount: str


class _Rex(msgspec.Struct, frozen=True):
    rex_balance: str


class _Account(msgspec.Struct, frozen=True):
    account_name: str
    head_block_num: _Height
    self_delegated_bandwidth: _Bandwidth | None
    refund_request: _Refund | None
    rex_info: _Rex | None = None
    core_liquid_balance: str | None = None


class _Pool(msgspec.Struct, frozen=True):
    total_lendable: str
    total_rex: str


class _Pools(msgspec.Struct, frozen=True):
    rows: Annotated[list[_Pool], msgspec.Meta(max_length=1)]


class _Stats(msgspec.Struct, frozen=True):
    supply: str


class Pool(NamedTuple):
    """What all of REX is worth, and how many shares there are."""

    worth: int = 0
    shares: int = 0


class Seen(NamedTuple):
    """What an account holds of the system's coin, and the block it was seen in."""

    held: Held
    head: int


async def info(rpc: Rpc) -> Info:
    return shape(Info, await rpc.call("POST v1/chain/get_info"), "get_info")


async def block(rpc: Rpc, height: int) -> BlockRef:
    """An irreversible block. Raises Pruned where the node's log begins later."""
    try:
        answer = await rpc.call("POST v1/chain/get_block_info", {"block_num": max(height, 1)})
    except RpcFault as fault:
        if _UNKNOWN_BLOCK in str(fault.data):
            raise Pruned(fault.code, fault.message) from None
        raise
    found = shape(_Block, answer, "get_block_info")
    if found.block_num != max(height, 1):
        raise Malformed(f"get_block_info: {found.block_num}, not {height}")
    return BlockRef(found.block_num, found.id, rfc3339(found.timestamp + "Z", "timestamp"))


async def pool(rpc: Rpc, core: Coin) -> Pool:
    asked = {"code": SYSTEM, "scope": SYSTEM, "table": "rexpool", "json": True, "limit": 1}
    rows = shape(_Pools, await rpc.call("POST v1/chain/get_table_rows", asked), "rexpool").rows
    if not rows:
        return Pool()
    worth = amount(rows[0].total_lendable, core.code, core.decimals)
    return Pool(worth, amount(rows[0].total_rex, _REX, _REX_DECIMALS))


def ask_stats(code: str, contract: str) -> Call:
    return "POST v1/chain/get_currency_stats", {"code": contract, "symbol": code}


def decimals(code: str, answer: Json) -> int:
    """Those of the supply that a contract states of its token. Raises Malformed."""
    stats = shape(dict[str, _Stats], answer, "get_currency_stats").get(code)
    if stats is None:
        raise Malformed(f"get_currency_stats: nothing of {code}")
    _, found, places = parse(stats.supply)
    if found != code:
        raise Malformed(f"get_currency_stats: {found}, not {code}")
    return places


def ask_account(address: Address, core: Coin) -> Call:
    return "POST v1/chain/get_account", {"account_name": address, "expected_core_symbol": core.symbol}


def ask_balance(address: Address, coin: Coin) -> Call:
    return "POST v1/chain/get_currency_balance", {"code": coin.contract, "account": address, "symbol": coin.code}


def account(address: Address, core: Coin, of: Pool, answer: Json) -> Seen:
    """Raises Malformed."""
    found = shape(_Account, answer, "get_account")
    if found.account_name != address:
        raise Malformed("get_account: another account")

    def units(*texts: str) -> int:
        return sum(amount(text, core.code, core.decimals) for text in texts)

    liquid = units(found.core_liquid_balance) if found.core_liquid_balance is not None else 0
    bandwidth, refund = found.self_delegated_bandwidth, found.refund_request
    staked = units(bandwidth.net_weight, bandwidth.cpu_weight) if bandwidth else 0
    unbonding = units(refund.net_amount, refund.cpu_amount) if refund else 0
    staked += _worth(amount(found.rex_info.rex_balance, _REX, _REX_DECIMALS), of) if found.rex_info else 0
    return Seen(Held(liquid, {Liquidity.STAKED: staked, Liquidity.UNBONDING: unbonding}), found.head_block_num)


def balance(coin: Coin, answer: Json) -> int:
    """Raises Malformed."""
    rows = shape(list[str], answer, "get_currency_balance")
    if len(rows) > 1:
        raise Malformed(f"get_currency_balance: {len(rows)} balances of one symbol")
    return amount(rows[0], coin.code, coin.decimals) if rows else 0


def _worth(shares: int, of: Pool) -> int:
    """What selling the shares would give (eosio.system, rex.cpp)."""
    if shares > of.shares:
        raise Malformed("get_account: more REX than there is")
    return shares * of.worth // of.shares if shares else 0
