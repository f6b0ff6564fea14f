"""What transactions changed after a height: of an owner's account for coins, of its jetton wallet for jettons.

Each transaction names the one before it, so a missing one shows. toncenter's lists of jetton transfers are not asked:
they leave out what was minted and what came back.
Shapes: https://toncenter.com/api/v3 (blocks, transactions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from chains import answers
from chains.adapter import Call, Rpc
from chains.answers import digits, shape
from chains.codec.ton import MASTERCHAIN, TonAddress
from chains.errors import Malformed, NotFinal, Pruned, RpcFault
from chains.ton import toncenter
from chains.ton.transactions import Transaction, coins, jettons
from chains.types import BalanceKey, BlockRef, Failure, Flows, Instrument, Reason

ROWS_MAX = 1000
PAGES_MAX = 20
MARGIN_S = 600
"""A shard's block may be older than the masterchain's that confirms it: that far are transactions looked for before."""
_WHOLE_SHARD = "8000000000000000"


class _Transactions(msgspec.Struct, frozen=True):
    transactions: list[Transaction]


class _Blocks(msgspec.Struct, frozen=True):
    blocks: list[toncenter.Block]


async def flows(
    rpc: Rpc,
    native: Instrument,
    accounts: Mapping[BalanceKey, TonAddress],
    *,
    since: int,
    until: BlockRef,
    keys: Sequence[BalanceKey],
) -> Flows:
    """Every change of each key in (since, until]; ``accounts``: whose transactions they are.

    Raises RpcFault when the index refuses, Pruned.
    """
    start = await _time(rpc, since) - MARGIN_S if accounts else 0
    rows, cut = await _transactions(rpc, list(dict.fromkeys(accounts.values())), start, until.height)
    found: dict[BalanceKey, int | Failure] = {}
    for key, account in accounts.items():
        if account in cut:
            why = f"{PAGES_MAX * ROWS_MAX} transactions or more since {since}"
            found[key] = Failure(Reason.UNSUPPORTED, why)
        else:
            found[key] = _change(rows[account], since, until.height, coins if key.instrument == native else jettons)
    return answers.flows(since, until, keys, found)


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
) -> tuple[dict[TonAddress, list[Transaction]], set[TonAddress]]:
    """Those of each account since a time, oldest first, as far as ``until`` needs; and whose are too many."""
    found: dict[TonAddress, list[Transaction]] = {account: [] for account in accounts}
    pending = dict.fromkeys(accounts, 0)
    for _ in range(PAGES_MAX):
        window = {"start_utime": start, "sort": "asc", "limit": ROWS_MAX}
        calls: list[Call] = [
            ("GET v3/transactions", {"account": toncenter.friendly(account), "start_lt": lt, **window})
            for account, lt in pending.items()
        ]
        said = await rpc.batch(calls) if calls else []
        further: dict[TonAddress, int] = {}
        for account, answer in zip(pending, said, strict=True):
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


def _change(rows: Sequence[Transaction], since: int, until: int, of: Callable[[Transaction], int]) -> int | Failure:
    if any(later.prev_trans_lt != earlier.lt for earlier, later in pairwise(rows)):
        return Failure(Reason.MALFORMED, "a transaction is missing in the index")
    try:
        return sum(of(one) for one in rows if since < one.mc_block_seqno <= until)
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error))
