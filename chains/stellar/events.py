"""What moved lumens since a ledger: the events of the coin's own contract, which payments and fees of all kinds emit.

A node lists them of payments outside of contracts only where its core runs with EMIT_CLASSIC_EVENTS, and does not say
so: the list is believed only where it has fees, which every transaction pays, from its very beginning.
Shapes: https://developers.stellar.org/docs/data/apis/rpc (getEvents, at most 5 topics in each of 5 filters and 10,000
ledgers an answer; getHealth); the events: CAP-67; that failed transactions are listed, too, and how a cursor is made:
stellar/stellar-rpc, internal/db/event.go and protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from chains.adapter import Rpc
from chains.answers import shape
from chains.errors import Malformed, RpcFault, Transport
from chains.stellar import scval
from chains.types import Address, Failure, Reason

ACCOUNTS_MAX = 5
PAGE = 1_000
PAGES_MAX = 50
FEES_WITHIN = 20
"""Ledgers: in so many some transaction pays a fee, on any network that is in use."""
_ANY = "*"
_TRANSFER, _FEE, _MINT, _BURN = map(scval.symbol, ("transfer", "fee", "mint", "burn"))
_LEDGER_BITS = 32


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    ledger: int
    contract_id: str
    topic: list[str]
    value: str


class _Events(msgspec.Struct, frozen=True, rename="camel"):
    events: list[_Event]
    latest_ledger: int
    cursor: str

    @property
    def reached(self) -> int:
        """The ledger up to which nothing more is to come: that of the cursor, ``<ledger, ...>-<event>``."""
        number = self.cursor.partition("-")[0]
        if not number.isdecimal():
            raise Malformed("getEvents: no cursor")
        ledger = int(number) >> _LEDGER_BITS
        return ledger - 1 if len(self.events) == PAGE else ledger


async def changes(
    rpc: Rpc, contract: str, addresses: Sequence[Address], *, since: int, until: int
) -> dict[Address, int | Failure]:
    """The net change of each account in (since, until]. Raises RpcFault where they are not listed."""
    found: dict[Address, int | Failure] = dict.fromkeys(addresses, 0)
    if since < until and addresses:
        await _check_listed(rpc, contract, since, until)
        for start in range(0, len(addresses), ACCOUNTS_MAX):
            part = addresses[start : start + ACCOUNTS_MAX]
            events = await _events(rpc, contract, part, since, until)
            too_many = Failure(Reason.UNSUPPORTED, f"more than {PAGES_MAX} pages since {since}")
            found |= dict.fromkeys(part, too_many) if events is None else changed(part, events)
    return found


async def _check_listed(rpc: Rpc, contract: str, since: int, until: int) -> None:
    """Raises RpcFault unless fees are listed, Transport where the node is behind."""
    asked = {
        "startLedger": since + 1,
        "endLedger": min(since + FEES_WITHIN, until) + 1,
        "filters": [{"type": "contract", "contractIds": [contract], "topics": [[_FEE, _ANY]]}],
        "pagination": {"limit": 1},
    }
    found = shape(_Events, await rpc.call("getEvents", asked), "getEvents")
    if found.latest_ledger < until:
        raise Transport(f"{rpc.provider} is at ledger {found.latest_ledger}, behind {until}")
    if not found.events:
        raise RpcFault(0, "the node lists no fees, so it does not list all payments (EMIT_CLASSIC_EVENTS)")


async def _events(
    rpc: Rpc, contract: str, addresses: Sequence[Address], since: int, until: int
) -> Mapping[str, tuple[list[str], int]] | None:
    """Topics and amount by id, of every event in (since, until] that names an account; None where they are too many."""
    filters = [{"type": "contract", "contractIds": [contract], "topics": _topics(one)} for one in addresses]
    where: dict[str, object] = {"startLedger": since + 1, "endLedger": until + 1, "pagination": {"limit": PAGE}}
    found: dict[str, tuple[list[str], int]] = {}
    for _ in range(PAGES_MAX):
        page = shape(_Events, await rpc.call("getEvents", {**where, "filters": filters}), "getEvents")
        if any(event.contract_id != contract or event.ledger <= since for event in page.events):
            raise Malformed("getEvents: events that were not asked for")
        found |= {one.id: (one.topic, scval.amount(one.value)) for one in page.events if one.ledger <= until}
        if page.reached >= until:
            return found
        where = {"pagination": {"cursor": page.cursor, "limit": PAGE}}
    return None


def _topics(address: Address) -> list[list[str]]:
    """Its payments out and in, its fees; what is made and destroyed outside of payments."""
    who = scval.account(address)
    moved = [[_TRANSFER, who, _ANY, _ANY], [_TRANSFER, _ANY, who, _ANY]]
    return [*moved, [_FEE, who], [_MINT, who, _ANY], [_BURN, who, _ANY]]


def changed(addresses: Iterable[Address], events: Mapping[str, tuple[list[str], int]]) -> dict[Address, int]:
    """The sum of what events took and gave. Raises Malformed for an event of another kind."""
    names = {scval.account(address): address for address in addresses}
    changes = dict.fromkeys(names, 0)
    for topic, amount in events.values():
        match topic:
            case [kind, giver, receiver, _] if kind == _TRANSFER:
                took, gave = giver, receiver
            case [kind, payer] if kind == _FEE:
                took, gave = payer, ""  # below 0 it is paid back
            case [kind, receiver, _] if kind == _MINT:
                took, gave = "", receiver
            case [kind, giver, _] if kind == _BURN:
                took, gave = giver, ""
            case _:
                raise Malformed("getEvents: events that were not asked for")
        for who, sign in ((took, -1), (gave, 1)):
            if who in changes:
                changes[who] += sign * amount
    return {names[who]: change for who, change in changes.items()}
