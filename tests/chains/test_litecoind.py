"""The engine itself: exact payments, and one sentence where it cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chains.types import Address
from chains.utxo import address
from chains.utxo.params import coin_of
from scripts.engines import EngineMissing, litecoind
from scripts.engines.litecoind import REGTEST, Litecoind


def recipient(number: int) -> Address:
    text = address.from_script(coin_of(REGTEST), b"\x00\x14" + number.to_bytes(20, "big"))
    assert text is not None
    return text


async def test_a_missing_binary_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_LITECOIND", str(tmp_path / "litecoind"))
    with pytest.raises(EngineMissing, match="does not start"):
        async with Litecoind():
            pass


async def test_a_binary_that_ends_at_once_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "litecoind"
    binary.write_text("#!/bin/sh\necho no disk >&2\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setenv("ASSAY_LITECOIND", str(binary))
    with pytest.raises(EngineMissing, match="ended before it answered: no disk"):
        async with Litecoind():
            pass


def test_without_apt_nothing_can_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(litecoind, "find", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="no apt"):
        litecoind.install()


@pytest.mark.parametrize("user", [0, 1000])
def test_an_apt_without_the_package_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int) -> None:
    called = tmp_path / "called"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {called}\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setattr(litecoind, "find", lambda: None)
    monkeypatch.setattr(litecoind, "HOME", tmp_path / "home")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="apt could not bring"):
        litecoind.install()
    asked = called.read_text()
    assert ("update" in asked) == (user == 0), "only root may change the system"
    assert ("--simulate" in asked) == (user != 0)


async def test_more_is_never_paid_than_there_is() -> None:
    try:
        litecoind.install()
    except EngineMissing as missing:
        pytest.skip(str(missing))
    async with Litecoind(blocks=101) as node:
        with pytest.raises(ValueError, match="too little to hand out"):
            await node.pay([(recipient(1), 10_000 * 10**8)])
        coins = await node.pay([(recipient(n), n) for n in range(1, 4_001)])
        assert [coin.amount for coin in coins] == list(range(1, 4_001))
        assert len({coin.txid for coin in coins}) == 2, "two transactions of 2,000 outputs"
        (moved,) = await node.spend((await node.purse())[:1], [(recipient(1), 5)])
        assert moved.amount == 5
