"""TON alone, through the whole pipeline: its own contracts hold the coins and the jettons that a list claims."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from scripts.engines import EngineMissing
from scripts.example import book as books
from scripts.example.book import Book
from scripts.example.ton import ton
from tests.acceptance.world import Office


async def test_coins_and_jettons_of_a_list(office: Office) -> None:
    exchange = Book()
    async with AsyncExitStack() as stack:
        try:
            await ton(stack, exchange)
        except EngineMissing as missing:
            pytest.skip(str(missing))
        exchange.write(office.home)
        office.providers = exchange.providers
        office.layers = [office.home / "config"]
        answer = await office.assay("audit", str(office.home / books.LIST), "--exchange", "Example", "--json")
    assert answer.out, answer.err
    wrong = exchange.check(answer.json, exit_code=answer.code)
    assert not wrong, "\n".join((*wrong, answer.err))
