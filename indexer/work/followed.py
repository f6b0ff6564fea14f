"""Where another chain decides: a validator pays to an account of its execution chain, and that may be a contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chains.controllers import Authority
from chains.types import Address, ChainId, Failure

Answers = tuple[tuple[Authority, ...] | Failure, ...]
Ask = Callable[[ChainId, Sequence[Address]], Awaitable[Answers | None]]
"""Asks the same witness who controls addresses of another chain; None where there is none to ask, or no answer."""


async def followed(answers: Answers, ask: Ask) -> Answers:
    """One witness's answers, and, where one names accounts of another chain, those who control these accounts.

    One step only: a contract that is owned by a contract is not followed.
    """
    elsewhere: dict[ChainId, list[Address]] = {}
    for authority in _authorities(answers):
        if authority.chain is not None:
            elsewhere.setdefault(authority.chain, []).extend(Address(each.signer) for each in authority.signers)
    known: dict[tuple[ChainId, str], tuple[Authority, ...]] = {}
    for chain, named in elsewhere.items():
        addresses = list(dict.fromkeys(named))
        told = await ask(chain, addresses)
        for address, found in zip(addresses, told or (), strict=told is not None):
            if not isinstance(found, Failure):
                known[chain, address] = found
    return tuple(each if isinstance(each, Failure) else _with_followed(each, known) for each in answers)


def _authorities(answers: Answers) -> list[Authority]:
    return [authority for each in answers if not isinstance(each, Failure) for authority in each]


def _with_followed(
    authorities: tuple[Authority, ...], known: dict[tuple[ChainId, str], tuple[Authority, ...]]
) -> tuple[Authority, ...]:
    """An account of which one alone disposes is as good as the one; of several, each would have to be followed."""
    further = [
        found
        for authority in authorities
        if authority.chain is not None and len(authority.signers) == 1
        for found in known.get((authority.chain, authority.signers[0].signer), ())
    ]
    return (*authorities, *further)
