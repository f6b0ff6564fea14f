"""Trust lines: what each holder has of one issued token.

The ledger keeps one entry for two accounts and a currency, so a line is asked for by that key: nothing is paged, and
what is no line of the ledger holds nothing, as long as the issuer exists.
Shapes: https://xrpl.org/docs/references (ledger_entry with ripple_state; RippleState, AccountRoot and their flags).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, Outcome, ask_each, outcome, shape
from chains.errors import Malformed, RpcFault
from chains.types import UINT256_END, BalanceKey, BlockRef, Failure, Liquidity, Reason, Remark
from chains.xrpl import accounts
from chains.xrpl.tokens import DECIMALS, Token, base_units
from chains.xrpl.wire import call, result

_LOW_FROZE = 0x0040_0000 | 0x0200_0000  # lsfLowFreeze, lsfLowDeepFreeze
_HIGH_FROZE = 0x0080_0000 | 0x0400_0000
_GLOBAL_FREEZE = 0x0040_0000  # of the issuer's account


class _Amount(msgspec.Struct, frozen=True):
    currency: str
    issuer: str
    value: str


class _Line(msgspec.Struct, frozen=True, rename="pascal"):
    """``balance`` as the low account sees it: above zero, it holds what the high account issued."""

    balance: _Amount
    low_limit: _Amount
    high_limit: _Amount
    flags: Annotated[int, msgspec.Meta(ge=0)]


class _LineAnswer(msgspec.Struct, frozen=True):
    node: _Line
    ledger_hash: str
    validated: Literal[True]


async def read(rpc: Rpc, block: BlockRef, token: Token, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
    """One outcome for each key, all of this token. The issuer itself holds none: what it issued is what it owes."""
    (answer,) = await rpc.batch([accounts.ask(block, token.issuer)])
    issuer = outcome(answer, partial(accounts.account, block, token.issuer))
    if isinstance(issuer, RpcFault) and accounts.absent(issuer, "actNotFound", block):
        issuer = Failure(Reason.NO_CODE, f"no such token: its issuer {token.issuer} is no account of this ledger")
    if not isinstance(issuer, accounts.Account):
        return dict.fromkeys(keys, issuer)

    def ask(key: BalanceKey) -> Call:
        line = {"accounts": [key.address, token.issuer], "currency": token.currency}
        return call("ledger_entry", ripple_state=line, ledger_hash=block.hash)

    def held(key: BalanceKey, answer: Json | RpcFault) -> Outcome:
        found = outcome(answer, partial(_held, block, token, key, bool(issuer.flags & _GLOBAL_FREEZE)))
        return Held(0) if isinstance(found, RpcFault) and accounts.absent(found, "entryNotFound", block) else found

    own = {key: Held(0) for key in keys if key.address == token.issuer}
    return own | await ask_each(rpc, [key for key in keys if key not in own], ask, held)


def _held(block: BlockRef, token: Token, key: BalanceKey, frozen: bool, answer: Json) -> Held | Failure:
    found = shape(_LineAnswer, result(answer, "ledger_entry"), "ledger_entry")
    line, sides = found.node, {key.address, token.issuer}
    if found.ledger_hash != block.hash or {line.low_limit.issuer, line.high_limit.issuer} != sides:
        raise Malformed("ledger_entry: about another ledger or trust line")
    if line.balance.currency != token.currency:
        raise Malformed(f"ledger_entry: a trust line for {line.balance.currency}")
    low = line.low_limit.issuer == key.address
    value, exact = base_units(line.balance.value)
    return _classed(
        value if low else -value,
        said=line.balance.value,
        exact=exact,
        frozen=frozen or bool(line.flags & (_HIGH_FROZE if low else _LOW_FROZE)),
    )


def _classed(amount: int, *, said: str, exact: bool, frozen: bool) -> Held | Failure:
    """``amount`` as the holder sees it; below zero, it is what the account issued on this line, and owes."""
    if amount >= UINT256_END:
        return Failure(Reason.OUT_OF_RANGE, f"{said} with {DECIMALS} decimals")
    if amount < 0:
        return Held(0, remark=Remark("owes", f"the account owes {said.lstrip('-')} on this trust line"))
    remark = None if exact else Remark("rounded-down", f"{said.lstrip('-')} has more than {DECIMALS} decimals")
    return Held(0, {Liquidity.LOCKED: amount}, remark) if frozen else Held(amount, remark=remark)
