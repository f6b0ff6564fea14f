"""What transactions changed: the coins an account had before its first one after a height, and after its last one.

Each transaction names the one before it, so a missing one shows. Jettons are not followed: their balances are in no
transaction's account state.
Shapes: https://toncenter.com/api/v3 (blocks, transactions).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from chains.adapter import Call, Rpc
from chains.answers import digits, shape
from chains.codec import ton
from chains.codec.ton import MASTERCHAIN, TonAddress
from chains.errors import Malformed, NotFinal, Pruned, RpcFault
from chains.ton import toncenter
from chains.types import BalanceKey, BlockRef, Failure, Flows, Instrument, Reason

ROWS_MAX = 1000
PAGES_MAX = 20
MARGIN_S = 600
"""A shard's block may be older than the masterchain's that confirms it: that far are transactions looked for before."""
_WHOLE_SHARD = "8000000000000000"


class _State(msgspec.Struct, frozen=True):
    balance: str | None
    account_status: str | None


class _Transaction(msgspec.Struct, frozen=True):
    account: str
    lt: str
    prev_trans_lt: str
    mc_block_seqno: int
    account_state_before: _State
    account_state_after: _State


class _Transactions(msgspec.Struct, frozen=True):
    transactions: list[_Transaction]


class _Blocks(msgspec.Struct, frozen=True):
    blocks: list[toncenter.Block]


async def flows(rpc: Rpc, native: Instrument, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
    """Every change of each account's coins in (since, until]. Raises RpcFault when the index refuses, Pruned."""
    accounts = {key: ton.decode(key.address) for key in keys if key.instrument == native}
    start = await _time(rpc, since) - MARGIN_S if accounts else 0
    rows, cut = await _transactions(rpc, list(dict.fromkeys(accounts.values())), start, until.height)
    amounts: list[int | None] = []
    failures: dict[int, Failure] = {}
    for index, key in enumerate(keys):
        said: int | Failure = Failure(Reason.UNSUPPORTED, "transfers of jettons are not followed")
        if key in accounts and accounts[key] in cut:
            said = Failure(Reason.UNSUPPORTED, f"{PAGES_MAX * ROWS_MAX} transactions or more since {since}")
        elif key in accounts:
            said = _change(rows[accounts[key]], since, until.height)
        amounts.append(None if isinstance(said, Failure) else said)
        if isinstance(said, Failure):
            failures[index] = said
    return Flows(since, until, amounts, failures)


async def height_at(rpc: Rpc, final: BlockRef, time: datetime) -> int:
    """The last block of the masterchain not after a time, of which several may be in one second. Raises NotFinal."""
    if final.time is None or final.time <= time:
        raise NotFinal(f"the newest block {final.height} is not after {time.isoformat()}")
    seconds = int(time.timestamp())
    asked = {"workchain": MASTERCHAIN, "shard": _WHOLE_SHARD, "end_utime": seconds + 1, "sort": "desc", "limit": 50}
    blocks = shape(_Blocks, await rpc.call("GET v3/blocks", asked), "blocks").blocks
    found = [block.seqno for block in blocks if digits(block.gen_utime, "gen_utime") <= seconds]
    if not found:
        raise Pruned(0, f"the index has no block at or before {time.isoformat()}")
    return max(found)


async def _time(rpc: Rpc, height: int) -> int:
    """Seconds since 1970. Raises Pruned where the index begins later."""
    asked = {"workchain": MASTERCHAIN, "shard": _WHOLE_SHARD, "seqno": height}
    blocks = shape(_Blocks, await rpc.call("GET v3/blocks", asked), "blocks").blocks
    if not blocks:
        raise Pruned(0, f"the index has no block {height}")
    if blocks[0].seqno != height:
        raise Malformed(f"blocks: {blocks[0].seqno}, not {height}")
    return digits(blocks[0].gen_utime, "gen_utime")


async def _transactions(
    rpc: Rpc, accounts: Sequence[TonAddress], start: int, until: int
) -> tuple[dict[TonAddress, list[_Transaction]], set[TonAddress]]:
    """Those of each account since a time, oldest first, as far as ``until`` needs; and whose are too many."""
    found: dict[TonAddress, list[_Transaction]] = {account: [] for account in accounts}
    pending = dict.fromkeys(accounts, 0)
    for _ in range(PAGES_MAX):
        window = {"start_utime": start, "sort": "asc", "limit": ROWS_MAX}
        calls: list[Call] = [
            ("GET v3/transactions", {"account": toncenter.friendly(account), "start_lt": lt, **window})
            for account, lt in pending.items()
        ]
        answers = await rpc.batch(calls) if calls else []
        further: dict[TonAddress, int] = {}
        for account, answer in zip(pending, answers, strict=True):
            if isinstance(answer, RpcFault):
                raise answer
            page = shape(_Transactions, answer, "transactions").transactions
            if any(toncenter.parse(one.account) != account for one in page):
                raise Malformed("transactions: of another account")
            found[account] += page
            if len(page) == ROWS_MAX and page[-1].mc_block_seqno <= until:
                further[account] = digits(page[-1].lt, "lt") + 1
        pending = further
    return found, set(pending)


def _change(rows: Sequence[_Transaction], since: int, until: int) -> int | Failure:
    if any(later.prev_trans_lt != earlier.lt for earlier, later in pairwise(rows)):
        return Failure(Reason.MALFORMED, "a transaction is missing in the index")
    inside = [one for one in rows if since < one.mc_block_seqno <= until]
    try:
        return _held(inside[-1].account_state_after) - _held(inside[0].account_state_before) if inside else 0
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error))


def _held(state: _State) -> int:
    if state.balance is None and state.account_status == "nonexist":
        return 0
    return digits(state.balance, "balance")
