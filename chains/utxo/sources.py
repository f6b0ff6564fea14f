"""Every way of reading a coin, best first, and the one that a provider offers."""

from __future__ import annotations

from collections.abc import Sequence

from chains.errors import ChainError, Pruned
from chains.utxo.chain_way import ChainWay
from chains.utxo.dump_way import DumpWay
from chains.utxo.electrum_way import ElectrumWay
from chains.utxo.index_way import IndexWay
from chains.utxo.params import Coin
from chains.utxo.source import Held, Question, UtxoSource


class NoWay(ChainError):
    """The provider offers none of the ways; the message says what is missing in each."""


def sources(coin: Coin, decimals: int) -> tuple[UtxoSource, ...]:
    return (DumpWay(coin, decimals), ChainWay(coin, decimals), IndexWay(coin), ElectrumWay(coin))


async def held(ways: Sequence[UtxoSource], question: Question) -> Held:
    """By the first way that is offered and reaches so far back. Raises NoWay, Pruned, ChainError."""
    refusals: list[str] = []
    pruned: Pruned | None = None
    for way in ways:
        offer = await way.offer(question)
        if not offer.usable:
            refusals.append(f"{way.name}: {offer.said}")
            continue
        try:
            return await way.held(question)
        except Pruned as error:
            pruned = pruned or error
    raise pruned or no_way(question, refusals)


async def first_offer(ways: Sequence[UtxoSource], question: Question) -> str:
    """How the provider would be asked, for `assay chains --probe`. Raises NoWay, ChainError."""
    refusals: list[str] = []
    for way in ways:
        offer = await way.offer(question)
        if offer.usable:
            return f"{way.name}: {offer.said}"
        refusals.append(f"{way.name}: {offer.said}")
    raise no_way(question, refusals)


def no_way(question: Question, refusals: Sequence[str]) -> NoWay:
    return NoWay(f"{question.rpc.provider} cannot be read at a height: {'; '.join(refusals)}")
