"""What changed since a slot: every transaction that names an account of a key, and the balances before and after it.

Transactions are found by the accounts they name: a wallet for its lamports; for a token the wallet, its derived
account, those the node lists, and those that other transactions show to have been the wallet's. A list ends silently
where a node's history begins, so the node must first state a history that reaches back to the slot. Lamports that move
without a transaction (rewards of validators) show as a residue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chains.adapter import Call, Json, Rpc
from chains.answers import DETAIL_MAX, flows
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.solana.balances import TOKEN_PREFIX, derived_account, programs, token_accounts
from chains.solana.slots import first_slot
from chains.solana.snapshot import BEHIND, config
from chains.solana.transactions import Holder, Transaction, transaction
from chains.types import BalanceKey, BlockRef, Failure, Flows, Instrument, Reason

PAGE = 1_000
PAGES_MAX = 20
ROUNDS_MAX = 4
_GONE = -32001

Signatures = tuple[str, ...] | Failure
"""Of the transactions that name one account, within the window."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was learned so far: the signatures by account, and the transactions by signature."""

    signatures: dict[str, Signatures] = field(default_factory=dict)
    transactions: dict[str, Transaction | Failure] = field(default_factory=dict)

    def naming(self, names: Iterable[str]) -> dict[str, Transaction | Failure]:
        """The transactions that name any of these accounts, each once."""
        lists = [listed for name in names if isinstance(listed := self.signatures.get(name), tuple)]
        return {one: self.transactions[one] for listed in lists for one in listed}

    def shown(self, key: BalanceKey, names: Iterable[str]) -> list[str]:
        """Token accounts that transactions show to be, or to have been, of this key."""
        sound = [known for known in self.naming(names).values() if isinstance(known, Transaction)]
        return [holder.account for known in sound for holder in known.tokens if _is_of(holder, key)]

    def change(self, key: BalanceKey, names: Iterable[str], native: Instrument) -> int | Failure:
        """The sum over all transactions; one list or transaction that is missing leaves no sum."""
        for name in names:
            listed = self.signatures.get(name, Failure(Reason.REFUSED, f"its token accounts lead on beyond {name}"))
            if isinstance(listed, Failure):
                return listed
        total = 0
        for known in self.naming(names).values():
            if isinstance(known, Failure):
                return known
            if key.instrument == native:
                total += known.lamports.get(key.address, 0)
            else:
                total += sum(amount for holder, amount in known.tokens.items() if _is_of(holder, key))
        return total


async def follow(
    rpc: Rpc, keys: Sequence[BalanceKey], *, since: int, until: BlockRef, native: Instrument, stray: bool
) -> Flows:
    """The net change of every key in (since, until]. Raises ChainError where no key could be answered."""
    await _check_history(rpc, since)
    accounts, failures = await _accounts(rpc, list(dict.fromkeys(keys)), until, native=native, stray=stray)
    known = Known()
    for _ in range(ROUNDS_MAX):
        new = list(dict.fromkeys(name for names in accounts.values() for name in names if name not in known.signatures))
        if not new:
            break
        known.signatures.update(await _signatures(rpc, new, since=since, until=until))
        listed = [one for name in new if isinstance(ones := known.signatures[name], tuple) for one in ones]
        wanted = [one for one in dict.fromkeys(listed) if one not in known.transactions]
        known.transactions.update(await _transactions(rpc, wanted))
        for key, names in accounts.items():
            names.update(dict.fromkeys(known.shown(key, names)))
    changes = {key: known.change(key, names, native) for key, names in accounts.items()}
    return flows(since, until, keys, {**failures, **changes})


async def _check_history(rpc: Rpc, since: int) -> None:
    first = await first_slot(rpc)
    if first > since:
        raise Pruned(_GONE, f"{rpc.provider}: its history begins at slot {first}, after {since}")


async def _accounts(
    rpc: Rpc, keys: Sequence[BalanceKey], until: BlockRef, *, native: Instrument, stray: bool
) -> tuple[dict[BalanceKey, dict[str, None]], dict[BalanceKey, Failure]]:
    """The accounts to begin with, by key, or why there are none."""
    tokens = [key for key in keys if key.instrument.startswith(TOKEN_PREFIX)]
    kept_by, _ = await programs(rpc, {key.instrument for key in tokens}, until.height)
    derived = {
        key: derived_account(key, program) for key in tokens if isinstance(program := kept_by[key.instrument], str)
    }
    lists, _ = await token_accounts(rpc, list(derived), until.height) if stray and derived else ({}, 0)
    accounts: dict[BalanceKey, dict[str, None]] = {}
    failures: dict[BalanceKey, Failure] = {}
    for key in keys:
        listed = lists.get(key, ())
        if isinstance(listed, RpcFault):
            failures[key] = Failure(Reason.REFUSED, str(listed)[:DETAIL_MAX])
        elif key.instrument == native:
            accounts[key] = {key.address: None}
        elif key in derived:
            accounts[key] = dict.fromkeys((key.address, derived[key], *listed))
        else:
            why = kept_by.get(key.instrument)
            failures[key] = why if isinstance(why, Failure) else Failure(Reason.UNSUPPORTED, "not of this chain")
    return accounts, failures


async def _signatures(rpc: Rpc, names: Sequence[str], *, since: int, until: BlockRef) -> dict[str, Signatures]:
    """Page by page, from the newest transaction back to the slot; failed pages and endless lists are failures."""
    found: dict[str, list[str]] = {name: [] for name in names}
    failures: dict[str, Failure] = {}
    before: dict[str, str | None] = dict.fromkeys(names)
    for _ in range(PAGES_MAX):
        calls: list[Call] = [("getSignaturesForAddress", (name, _page(until, last))) for name, last in before.items()]
        answers = dict(zip(before, await rpc.batch(calls), strict=True))
        before = {}
        for name, answer in answers.items():
            if isinstance(answer, RpcFault):
                if answer.code == BEHIND:
                    raise Transport(f"{rpc.provider} has not reached slot {until.height}")
                failures[name] = Failure(Reason.REFUSED, str(answer)[:DETAIL_MAX])
                continue
            listed = _listed(answer)
            found[name] += [signature for signature, slot in listed if since < slot <= until.height]
            if len(listed) == PAGE and listed[-1][1] > since:
                before[name] = listed[-1][0]
        if not before:
            break
    for name in before:
        failures[name] = Failure(Reason.REFUSED, f"more than {PAGE * PAGES_MAX} transactions since slot {since}")
    return {name: failures.get(name, tuple(found[name])) for name in names}


def _page(until: BlockRef, before: str | None) -> dict[str, object]:
    return {**config(until.height), "limit": PAGE, **({} if before is None else {"before": before})}


def _listed(answer: Json) -> list[tuple[str, int]]:
    if not isinstance(answer, list):
        raise Malformed("getSignaturesForAddress: no list")
    found = []
    for entry in answer:
        match entry:
            case {"signature": str(signature), "slot": int(slot)} if type(slot) is int:
                found.append((signature, slot))
            case _:
                raise Malformed("getSignaturesForAddress: an entry without signature or slot")
    if any(one[1] < other[1] for one, other in pairwise(found)):
        raise Malformed("getSignaturesForAddress: not from the newest to the oldest")
    return found


async def _transactions(rpc: Rpc, signatures: Sequence[str]) -> dict[str, Transaction | Failure]:
    how = {"commitment": "finalized", "encoding": "json", "maxSupportedTransactionVersion": 0}
    answers = await rpc.batch([("getTransaction", (signature, how)) for signature in signatures])
    found: dict[str, Transaction | Failure] = {}
    for signature, answer in zip(signatures, answers, strict=True):
        if isinstance(answer, RpcFault):
            found[signature] = Failure(Reason.REFUSED, str(answer)[:DETAIL_MAX])
        elif answer is None:
            found[signature] = Failure(Reason.REFUSED, f"the node lists transaction {signature} but does not have it")
        else:
            found[signature] = transaction(answer, signature=signature)
    return found


def _is_of(holder: Holder, key: BalanceKey) -> bool:
    return (holder.owner, TOKEN_PREFIX + holder.mint) == key
