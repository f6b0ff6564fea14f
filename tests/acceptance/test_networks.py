"""One audit of one list over more than thirty networks: every asset of the mission has its ratio, every trap is told.

EVM networks, Litecoin, Solana, Tron and TON are real engines (Tron's API over anvil), as in ``scripts/demo networks``;
the other networks are the scripted servers of tests/chains. chopsticks has no runtime, so no header to pin: its
balances are read in tests/chains/test_polkadot_chopsticks.py, and a scripted Substrate node stands here.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from scripts.demo_exchange import MANY
from scripts.engines import EngineMissing
from scripts.example import book as books
from scripts.example.book import Book
from tests.acceptance import networks, utxo
from tests.acceptance.world import Office

ASSETS = """
    BTC ETH USDT USDC XRP SOL DOGE LTC OKB OKT APT DASH DOT ELF EOS ETC FIL LINK PEOPLE TON TRX UNI
"""
SCRIPTED = (
    networks.families,
    networks.ripple,
    networks.aptos,
    networks.filecoin,
    networks.validators,
    networks.polkadot,
    utxo.coins,
)


@pytest.mark.timeout(300)
async def test_one_audit_of_every_network(office: Office) -> None:
    exchange, missing = Book(), []
    async with AsyncExitStack() as stack:
        for engine in MANY:
            try:
                await engine(stack, exchange)
            except EngineMissing as error:
                missing.append(str(error))
        for scripted in SCRIPTED:
            await scripted(stack, exchange)
        utxo.unserved(exchange)
        exchange.write(office.home)
        office.providers = exchange.providers
        office.config = "[policy]\nquorum = 2\npass_pause_s = 0\n"
        office.layers = [office.home / "config"]
        words = ("audit", str(office.home / books.LIST), "--exchange", "Example", "--json")
        answer = await office.assay(*words, "--liabilities", str(office.home / books.LIABILITIES))
    assert answer.out, answer.err
    report = answer.json
    assert not (wrong := exchange.check(report, exit_code=answer.code)), "\n".join((*wrong, answer.err))
    if missing:
        pytest.skip(f"the rest is as planted, without: {'; '.join(missing)}")
    listed = {total["chain"] for total in report["networks"]}
    read = {total["chain"] for total in report["networks"] if total["coverage"]["verified"]}
    assert len(read) > 30, sorted(read)
    assert listed - read == {"bip122:00040fe8ec8471911baa1db1266ea15d"}, "but Zcash, which nobody serves"
    ratios = {total["asset"]: total["ratio"] for total in report["assets"]}
    for asset in ASSETS.split():
        assert ratios[asset]["observed"]["low"] is not None, asset
