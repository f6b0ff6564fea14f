"""Rules of tokens: kept, confirmed at every pin, and believed only when another operator shows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.errors import Transport
from chains.proofs import Learned, Proofs
from chains.types import Address, BalanceKey, BlockRef, Instrument
from indexer.store import proofs
from indexer.store.database import Database
from indexer.work.slot_rules import Learner
from tests.store.world import BLOCK
from tests.work.fakes import CHAIN, FakeAdapter, endpoint

TOKEN = Instrument("erc20:0x1")


@dataclass
class Shown:
    """What each provider shows: a rule, or '' for none; a provider that is missing here does not answer."""

    rules: Mapping[str, str]
    asked: list[str] = field(default_factory=list)

    def needs_rule(self, instrument: Instrument) -> bool:
        return True

    async def learn_rule(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> Learned:
        rule = self._of(rpc, "learn")
        return Learned(rule) if rule else Learned(None, f"{rpc.provider} finds no slot")

    async def confirms(self, rpc: Rpc, block: BlockRef, rule: str, *, holder: Address | None = None) -> bool:
        return self._of(rpc, "confirm") == rule

    def _of(self, rpc: Rpc, what: str) -> str:
        self.asked.append(f"{what} {rpc.provider}")
        if rpc.provider not in self.rules:
            raise Transport("down")
        return self.rules[rpc.provider]

    async def prove(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], rules: Mapping[Instrument, str]
    ) -> Proofs:
        raise AssertionError("only rules are asked for here")

    def verify(self, evidence: bytes, block_hash: str) -> Mapping[BalanceKey, int]:
        raise AssertionError("only rules are asked for here")


def learner(db: Database, shown: Shown, operators: Mapping[str, str]) -> Learner:
    endpoints = [endpoint(name, operator=operator) for name, operator in operators.items()]
    return Learner(db, CHAIN, BLOCK, cast(ChainAdapter, FakeAdapter()), shown, endpoints)


@pytest.mark.parametrize(
    ("rules", "operators", "known", "why"),
    [
        ({"a": "r"}, {"a": "A"}, "r", ""),
        ({"a": "r", "b": "r"}, {"a": "A", "b": "B"}, "r", ""),
        ({"a": "r", "b": ""}, {"a": "A", "b": "A"}, "r", ""),
        ({"a": "r"}, {"a": "A", "b": "B"}, "r", ""),
        ({"b": "r"}, {"a": "A", "b": "B"}, "r", ""),
        ({"a": "", "b": "r"}, {"a": "A", "b": "B"}, "", "b shows where balances are kept, a does not"),
        ({"a": "r", "b": "other"}, {"a": "A", "b": "B"}, "", "a shows where balances are kept, b does not"),
        ({"a": "r", "b": "other", "c": "r"}, {"a": "A", "b": "B", "c": "C"}, "r", ""),
        ({"a": "", "b": ""}, {"a": "A", "b": "B"}, "", "a finds no slot"),
        ({}, {"a": "A"}, "", "no provider answered: a: Transport: down"),
        ({}, {}, "", "no provider of proofs configured"),
    ],
)
async def test_who_must_show_the_rule(
    database: Database, rules: dict[str, str], operators: dict[str, str], known: str, why: str
) -> None:
    found = await learner(database, Shown(rules), operators).learn([TOKEN])
    assert found.known == ({TOKEN: known} if known else {})
    assert found.why_not == ({TOKEN: why} if why else {})


async def test_a_kept_rule_is_confirmed_and_only_a_changed_one_learned_anew(database: Database) -> None:
    operators = {"a": "A"}
    first = Shown({"a": "r"})
    await learner(database, first, operators).learn([TOKEN])
    assert first.asked == ["learn a"]
    again = Shown({"a": "r"})
    assert (await learner(database, again, operators).learn([TOKEN])).known == {TOKEN: "r"}
    assert again.asked == ["confirm a"]
    upgraded = Shown({"a": "s"})
    assert (await learner(database, upgraded, operators).learn([TOKEN])).known == {TOKEN: "s"}
    assert upgraded.asked == ["confirm a", "learn a"]
    assert await proofs.slot_rule(database, CHAIN, TOKEN) == "s"
