"""Where tokens keep balances, before any of them is proven: learned or confirmed at the pin, by two where there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chains.adapter import ChainAdapter, Prover
from chains.errors import ChainError
from chains.proofs import Learned
from chains.types import BlockRef, ChainId, Instrument
from indexer.store import proofs as store
from indexer.store.database import Database
from indexer.work.endpoints import Endpoint
from indexer.work.fetcher import words


@dataclass(frozen=True, slots=True)
class Rules:
    """``known`` are to prove with; ``why_not`` says of every other token asked about why it has no rule."""

    known: dict[Instrument, str] = field(default_factory=dict)
    why_not: dict[Instrument, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learner:
    """One network at one block."""

    db: Database
    chain: ChainId
    block: BlockRef
    adapter: ChainAdapter
    prover: Prover
    endpoints: Sequence[Endpoint]

    async def learn(self, tokens: Iterable[Instrument]) -> Rules:
        """A rule, or a reason, for every token."""
        rules = Rules()
        for token in tokens:
            learned = await self._one(token)
            if learned.rule is None:
                rules.why_not[token] = learned.reason
            else:
                rules.known[token] = learned.rule
        return rules

    async def _one(self, token: Instrument) -> Learned:
        """The first provider that shows a rule, and another operator's that shows it, too."""
        kept = await store.slot_rule(self.db, self.chain, token)
        said = ""
        errors: dict[str, ChainError] = {}
        for endpoint in self.endpoints:
            try:
                await endpoint.ready(self.adapter)
                learned = await self._ask(endpoint, token, kept)
            except ChainError as error:
                endpoint.failed(error)
                errors[endpoint.spec.name] = error
                continue
            await self._keep(token, learned, endpoint)
            if learned.rule is None:
                said = said or learned.reason
                continue
            doubt = await self._doubt(learned.rule, endpoint)
            return Learned(None, doubt) if doubt else learned
        return Learned(None, said or unanswered(errors))

    async def _ask(self, endpoint: Endpoint, token: Instrument, kept: str | None) -> Learned:
        if kept is not None and await self.prover.confirms(endpoint.rpc, self.block, kept):
            return Learned(kept)
        return await self.prover.learn_rule(endpoint.rpc, self.block, token)

    async def _doubt(self, rule: str, first: Endpoint) -> str:
        """Why the rule is not to be trusted, or ''. It rests on the word of providers: two operators, if there are."""
        denied = ""
        for other in self.endpoints:
            if other.spec.operator == first.spec.operator:
                continue
            try:
                await other.ready(self.adapter)
                if await self.prover.confirms(other.rpc, self.block, rule):
                    return ""
            except ChainError as error:
                other.failed(error)
                continue
            denied = denied or f"{first.spec.name} shows where balances are kept, {other.spec.name} does not"
        return denied

    async def _keep(self, token: Instrument, learned: Learned, endpoint: Endpoint) -> None:
        spec = endpoint.spec
        await store.save_rule(
            self.db, self.chain, token, learned, block=self.block, provider=spec.name, operator=spec.operator
        )


def unanswered(errors: Mapping[str, ChainError]) -> str:
    """Why nobody could say, for a report."""
    said = "; ".join(words(provider, error) for provider, error in errors.items())
    return f"no provider answered: {said}" if said else "no provider of proofs configured"
