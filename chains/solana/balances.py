"""Bulk balances: lamports of an account, or everything of one mint that an address holds, all in one slot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from solders.pubkey import Pubkey
from solders.token.associated import get_associated_token_address

from chains.adapter import Call, Json, Rpc
from chains.errors import Malformed, RpcFault, Transport
from chains.solana.layout import SYSTEM, Account, holding, mint_decimals
from chains.solana.snapshot import BEHIND, Snapshot, config, context, take
from chains.types import BalanceKey, BlockRef, Failure, Instrument, Readings, Reason

TOKEN_PREFIX = "token:"  # noqa: S105  (an instrument, not a password)
_DETAIL_MAX = 200  # characters of a node's own words

Listed = tuple[str, ...] | RpcFault
"""The token accounts of one key as the node lists them, or its refusal to list them."""


async def read(rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], *, native: Instrument, stray: bool) -> Readings:
    """One reading per key, in order, all of one finalized slot at or after ``block``.

    A token is first looked for: its mint says which program keeps it, the program says where the address's derived
    account is, and with ``stray`` the node lists every account the address holds. Then all of them are read at once.
    An account opened between the list and the reading is not seen. Raises RpcFault when the node refuses every key.
    """
    tokens = [key for key in dict.fromkeys(keys) if key.instrument.startswith(TOKEN_PREFIX)]
    kept_by, slot_min = await programs(rpc, {key.instrument for key in tokens}, block.height)
    derived = {
        key: derived_account(key, program) for key in tokens if isinstance(program := kept_by[key.instrument], str)
    }
    lists: dict[BalanceKey, Listed] = {}
    if stray and derived:
        lists, slot_min = await token_accounts(rpc, list(derived), slot_min)
        refusals = [listed for listed in lists.values() if isinstance(listed, RpcFault)]
        if len(refusals) == len(set(keys)):
            raise refusals[0]

    owners = [key.address for key in keys if key.instrument == native or key in derived]
    listed_all = chain.from_iterable(listed for listed in lists.values() if not isinstance(listed, RpcFault))
    wanted = [*owners, *derived.values(), *listed_all]
    snapshot = await take(rpc, wanted, slot_min=slot_min) if wanted else Snapshot(block, {})

    def outcome(key: BalanceKey) -> int | Failure:
        if key.instrument == native:
            return _lamports(snapshot.accounts[key.address])
        if key in derived:
            return _held(key, derived[key], lists.get(key), snapshot.accounts)
        why = kept_by.get(key.instrument)
        return why if isinstance(why, Failure) else Failure(Reason.UNSUPPORTED, "not an instrument of this chain")

    return _readings(snapshot.block, keys, outcome)


def _readings(block: BlockRef, keys: Sequence[BalanceKey], outcome: Callable[[BalanceKey], int | Failure]) -> Readings:
    amounts: list[int | None] = []
    failures: dict[int, Failure] = {}
    for index, found in enumerate(map(outcome, keys)):
        if isinstance(found, Failure):
            failures[index] = found
            amounts.append(None)
        else:
            amounts.append(found)
    return Readings(block, amounts, failures)


async def programs(
    rpc: Rpc, tokens: Iterable[Instrument], slot_min: int
) -> tuple[Mapping[Instrument, str | Failure], int]:
    """Which program keeps each mint, and the slot that says so."""
    mints = {token: token.removeprefix(TOKEN_PREFIX) for token in tokens}
    if not mints:
        return {}, slot_min
    snapshot = await take(rpc, mints.values(), slot_min=slot_min)
    return {token: _program(snapshot.accounts[mint]) for token, mint in mints.items()}, snapshot.block.height


def _program(mint: Account | Failure | None) -> str | Failure:
    if mint is None:
        return Failure(Reason.NO_CODE, "no account at the address of the mint")
    if isinstance(mint, Failure):
        return mint
    if mint_decimals(mint) is None:
        return Failure(Reason.UNSUPPORTED, f"the account named as mint is none (program {mint.owner})"[:_DETAIL_MAX])
    return mint.owner


def derived_account(key: BalanceKey, program: str) -> str:
    mint = Pubkey.from_string(key.instrument.removeprefix(TOKEN_PREFIX))
    return str(get_associated_token_address(Pubkey.from_string(key.address), mint, Pubkey.from_string(program)))


async def token_accounts(rpc: Rpc, keys: Sequence[BalanceKey], slot_min: int) -> tuple[dict[BalanceKey, Listed], int]:
    """Every token account of each key, and the newest slot of these lists."""
    how = {**config(slot_min), "encoding": "base64", "dataSlice": {"offset": 0, "length": 0}}
    calls: list[Call] = [
        ("getTokenAccountsByOwner", (key.address, {"mint": key.instrument.removeprefix(TOKEN_PREFIX)}, how))
        for key in keys
    ]
    lists: dict[BalanceKey, Listed] = {}
    newest = slot_min
    for key, answer in zip(keys, await rpc.batch(calls), strict=True):
        if isinstance(answer, RpcFault):
            if answer.code == BEHIND:
                raise Transport(f"{rpc.provider} has not reached slot {slot_min}")
            lists[key] = answer
        else:
            slot, values = context(answer)
            lists[key] = _addresses(values)
            newest = max(newest, slot)
    return lists, newest


def _addresses(values: Json) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise Malformed("getTokenAccountsByOwner: no list of accounts")
    found = []
    for value in values:
        match value:
            case {"pubkey": str(text)}:
                try:
                    found.append(str(Pubkey.from_string(text)))
                except ValueError:
                    raise Malformed("getTokenAccountsByOwner: an account without an address") from None
            case _:
                raise Malformed("getTokenAccountsByOwner: an account without an address")
    return tuple(found)


def _lamports(account: Account | Failure | None) -> int | Failure:
    if account is None:
        return 0  # the node said so for this key: on Solana an account that does not exist holds nothing
    return account if isinstance(account, Failure) else account.lamports


def _held(
    key: BalanceKey, derived: str, listed: Listed | None, accounts: Mapping[str, Account | Failure | None]
) -> int | Failure:
    """The sum over the token accounts of a key; one that is not what it should be spoils the sum."""
    if isinstance(listed, RpcFault):
        return Failure(Reason.REFUSED, str(listed)[:_DETAIL_MAX])
    mint = key.instrument.removeprefix(TOKEN_PREFIX)
    itself = accounts[key.address]
    if isinstance(itself, Account) and (own := holding(itself)) and own.mint == mint:
        # Counted here, it would be counted again under its holder when the list names both.
        return Failure(Reason.UNSUPPORTED, f"the address is itself a token account, held by {own.holder}")
    total = 0
    for address in dict.fromkeys((derived, *(listed or ()))):
        account = accounts[address]
        if account is None or (isinstance(account, Account) and account.owner == SYSTEM):
            continue  # no token account there; anyone may send lamports to an address where none is
        if isinstance(account, Failure):
            return account
        found = holding(account)
        if found is None or (found.mint, found.holder) != (mint, key.address):
            return Failure(Reason.MALFORMED, f"{address} is no token account of this mint and holder")
        if listed is not None and address not in listed:
            return Failure(Reason.MALFORMED, f"the node lists the token accounts without {address}, which exists")
        total += found.amount
    return total
