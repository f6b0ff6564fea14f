"""From what a node said to what it means: typed records, exact digits, one reading per key. Pure but for ``ask_each``.

For families whose API answers about one account at a time, or whose answers are checked one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.controllers import Authority, ControlKind, Controls, Weighted
from chains.errors import Malformed, NoMethod, Pruned, RpcFault
from chains.types import (
    UINT256_END,
    BalanceKey,
    BlockRef,
    Failure,
    Flows,
    Instrument,
    Liquidity,
    Readings,
    Reason,
    Remark,
)

T = TypeVar("T")
SECOND = 10**6  # in microseconds
DETAIL_MAX = 200  # characters of a node's own words
_DIGITS = re.compile(r"[0-9]{1,78}")


class Held(NamedTuple):
    """An amount, what stands beside it that cannot be moved at once (nothing where a class is 0), and what to know."""

    amount: int
    locked: Mapping[Liquidity, int] = {}
    remark: Remark | None = None


Outcome: TypeAlias = "Held | Failure | RpcFault"


def shape(kind: type[T], answer: object, what: str) -> T:
    """The answer as ``kind``. Raises Malformed; unknown fields are no error, missing and mistyped ones are."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from None


def digits(text: object, what: str) -> int:
    """Base units from a string of decimal digits. Raises Malformed, for a JSON number too: it may have been rounded."""
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        raise Malformed(f"{what}: no string of digits")
    number = int(text)
    if number >= UINT256_END:
        raise Malformed(f"{what}: out of range")
    return number


def utc(micros: int, what: str) -> datetime:
    """Unix time in microseconds, exactly. Raises Malformed."""
    try:
        return datetime.fromtimestamp(micros // SECOND, UTC) + timedelta(microseconds=micros % SECOND)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{what}: an impossible time") from None


def rfc3339(text: str, what: str) -> datetime:
    """A UTC time as nodes print it; digits beyond the microsecond are cut. Raises Malformed."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{what}: no time") from None
    if time.tzinfo is None:
        raise Malformed(f"{what}: a time without a zone")
    return time.astimezone(UTC)


def outcome(answer: Json | RpcFault, read: Callable[[Json], T]) -> T | Failure | RpcFault:
    """What one answer says. A malformed or refused one is the failure of its own key, not of its neighbours."""
    if isinstance(answer, RpcFault):
        return answer
    try:
        return read(answer)
    except RpcFault as fault:
        return fault
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error)[:DETAIL_MAX])


def readings(block: BlockRef, keys: Sequence[BalanceKey], outcomes: Mapping[BalanceKey, Outcome]) -> Readings:
    """One reading per key, in order. Raises the refusal that concerns the block, or all keys, and not one of them."""
    faults = [found for found in outcomes.values() if isinstance(found, RpcFault)]
    for fault in faults:
        if isinstance(fault, Pruned | NoMethod) or len(faults) == len(outcomes):
            raise fault
    amounts: list[int | None] = []
    failures: dict[int, Failure] = {}
    locked: dict[int, Mapping[Liquidity, int]] = {}
    remarks: dict[int, Remark] = {}
    for index, key in enumerate(keys):
        found = outcomes[key]
        if isinstance(found, Held):
            amounts.append(found.amount)
            if found.remark:
                remarks[index] = found.remark
            if held := {kind: amount for kind, amount in found.locked.items() if amount}:
                locked[index] = held
        else:
            amounts.append(None)
            failures[index] = found if isinstance(found, Failure) else Failure(Reason.REFUSED, str(found)[:DETAIL_MAX])
    return Readings(block, amounts, failures, locked, remarks)


def controls(block: BlockRef, found: Sequence[tuple[Authority, ...] | Failure | RpcFault]) -> Controls:
    """Who controls each address, in order. Raises the refusal that concerns the block, or all addresses."""
    faults = [one for one in found if isinstance(one, RpcFault)]
    for fault in faults:
        if isinstance(fault, Pruned | NoMethod) or len(faults) == len(found):
            raise fault
    reasons = [Failure(Reason.REFUSED, str(one)[:DETAIL_MAX]) if isinstance(one, RpcFault) else one for one in found]
    failures = {index: one for index, one in enumerate(reasons) if isinstance(one, Failure)}
    return Controls(block, [() if isinstance(one, Failure) else one for one in reasons], failures)


def authority(kind: ControlKind, threshold: int, signers: Iterable[Weighted], name: str = "") -> Authority:
    """Raises Malformed where a node names somebody twice, or a threshold that nobody needs to reach."""
    named = tuple(signers)
    if threshold < 1 or len({each.signer for each in named}) != len(named):
        raise Malformed(f"{kind}: a threshold of {threshold}, or a signer named twice")
    return Authority(kind, threshold, named, name)


def flows(
    since: int, until: BlockRef, keys: Sequence[BalanceKey], outcomes: Mapping[BalanceKey, int | Failure]
) -> Flows:
    """One net change per key, in order."""
    found = [outcomes[key] for key in keys]
    amounts = [each if isinstance(each, int) else None for each in found]
    return Flows(since, until, amounts, {n: each for n, each in enumerate(found) if isinstance(each, Failure)})


def by_instrument(keys: Iterable[BalanceKey]) -> dict[Instrument, list[BalanceKey]]:
    """The distinct keys, for families that ask about each instrument in another way."""
    found: dict[Instrument, list[BalanceKey]] = {}
    for key in dict.fromkeys(keys):
        found.setdefault(key.instrument, []).append(key)
    return found


async def ask_each(
    rpc: Rpc,
    keys: Iterable[BalanceKey],
    ask: Callable[[BalanceKey], Call],
    read: Callable[[BalanceKey, Json | RpcFault], Outcome],
) -> dict[BalanceKey, Outcome]:
    """One call for each distinct key, as many at once as the provider allows; ``read`` may turn a refusal into zero."""
    distinct = list(dict.fromkeys(keys))
    answers = await rpc.batch([ask(key) for key in distinct]) if distinct else []
    return {key: read(key, answer) for key, answer in zip(distinct, answers, strict=True)}
