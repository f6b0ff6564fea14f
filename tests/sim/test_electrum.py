"""The line protocol and the Electrum way, against a server that has every documented trap."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from chains import registry
from chains.errors import ChainError, Malformed, NoMethod, OverBudget, TimedOut, TooLarge, Transport
from chains.rpc import open_provider
from chains.rpc.electrum import ElectrumRpc
from chains.types import BalanceKey, BlockRef
from scripts.engines.litecoind import REGTEST
from tests.sim.client import provider
from tests.sim.electrum import ElectrumServer, Refused
from tests.sim.utxo_ledger import Chain

ADAPTER = registry.adapter(REGTEST)
CHAIN = Chain()
HEIGHT = 200
CANARY = "canaryKey0a1b2c3d4e5f6a7b"
HISTORY = "blockchain.scripthash.get_history"


@asynccontextmanager
async def asked(server: ElectrumServer, **fields: Any) -> AsyncIterator[ElectrumRpc]:
    async def sleep(_: float) -> None:
        return None

    spec = provider(f"{server.url}/{CANARY}", **({"kind": "electrum", "attempts_max": 3} | fields))
    async with open_provider(msgspec.structs.replace(spec, chain=REGTEST.id), sleep=sleep, jitter=lambda: 0.0) as rpc:
        assert isinstance(rpc, ElectrumRpc)
        yield rpc


def keys() -> list[BalanceKey]:
    return [BalanceKey(text, REGTEST.native) for text in CHAIN.addresses()]


async def read(server: ElectrumServer, rpc: ElectrumRpc, height: int = HEIGHT) -> list[int | None]:
    block = BlockRef(height, server.hash_at(height))
    return list((await ADAPTER.balances(rpc, block, keys())).amounts)


def truth(height: int = HEIGHT) -> list[int]:
    return [CHAIN.balance(text, height) for text in CHAIN.addresses()]


@pytest.mark.parametrize("height", [1, 60, HEIGHT, CHAIN.tip])
async def test_exact_at_every_height(height: int) -> None:
    async with ElectrumServer(CHAIN) as server, asked(server) as rpc:
        assert await read(server, rpc, height) == truth(height)
    methods = {method for method, _ in server.asked}
    assert not methods & {"blockchain.scripthash.get_balance", "blockchain.scripthash.listunspent"}


async def test_many_requests_share_one_connection() -> None:
    async with ElectrumServer(CHAIN) as server, asked(server, batch_max=7) as rpc:
        calls = [("blockchain.block.header", [height]) for height in range(100)]
        assert await rpc.batch(calls) == [header.hex() for header in server._headers[:100]]
    assert server.connections == 1


async def test_answers_may_come_in_any_order() -> None:
    held: list[bytes] = []

    def hold(line: bytes) -> list[bytes]:
        """Every other answer waits for the next one and comes after it."""
        if b"Scripted" in line:
            return [line]
        held.append(line)
        return [held.pop(), held.pop()] if len(held) == 2 else []

    async with ElectrumServer(CHAIN, meddle=hold) as server, asked(server) as rpc:
        both = await asyncio.gather(*(rpc.call("blockchain.block.header", [height]) for height in (5, 6)))
        assert both == [header.hex() for header in server._headers[5:7]]


@pytest.mark.parametrize("protocols", [("1.7", "1.8"), ("1.0", "1.2")])
async def test_no_common_protocol(protocols: tuple[str, str]) -> None:
    async with ElectrumServer(CHAIN, protocols=protocols) as server, asked(server) as rpc:
        with pytest.raises(ChainError, match=r"no protocol from 1\.4 to 1\.6"):
            await rpc.call("getblockcount")


async def test_a_server_that_agrees_on_more_than_was_offered() -> None:
    def newer(method: str, _params: list[Any], result: Any) -> Any:
        return ["Scripted 1", "1.7"] if method == "server.version" else result

    async with ElectrumServer(CHAIN, spoil=newer) as server, asked(server) as rpc:
        with pytest.raises(ChainError, match="no protocol"):
            await rpc.call("getblockcount")


async def test_a_lost_connection_is_taken_up_again() -> None:
    lines = 0

    def hang_up(line: bytes) -> list[bytes] | None:
        nonlocal lines
        lines += 1
        return None if lines in (2, 4) else [line]

    async with ElectrumServer(CHAIN, meddle=hang_up) as server, asked(server) as rpc:
        assert await rpc.call("getblockcount") == CHAIN.tip
        assert rpc.counters.retries == 2
    assert server.connections == 3


async def test_a_greeting_that_is_not_answered() -> None:
    """No question goes over a connection whose protocol was never agreed on."""
    lines = 0

    def deaf_at_first(line: bytes) -> list[bytes]:
        nonlocal lines
        lines += 1
        return [] if lines == 1 else [line]

    async with ElectrumServer(CHAIN, meddle=deaf_at_first) as server, asked(server, timeout_s=0.2) as rpc:
        assert await rpc.call("getblockcount") == CHAIN.tip
    assert [method for method, _ in server.asked][:2] == ["server.version"] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"<html>", Malformed), (b'{"result": 1}', Malformed), (b"[]", Malformed), (b"x" * 200_000, TooLarge)],
)
async def test_lines_that_are_no_answer(answer: bytes, error: type[ChainError]) -> None:
    def instead(line: bytes) -> list[bytes]:
        return [line] if b"Scripted" in line else [answer]

    async with ElectrumServer(CHAIN, meddle=instead) as server, asked(server, body_bytes_max=100_000) as rpc:
        with pytest.raises(error) as raised:
            await rpc.call("getblockcount")
    assert CANARY not in repr(raised.value)


async def test_an_answer_that_does_not_come() -> None:
    silent = ElectrumServer(CHAIN, meddle=lambda line: [line] if b"Scripted" in line else [])
    async with silent as server, asked(server, timeout_s=0.05, attempts_max=2) as rpc:
        with pytest.raises(TimedOut):
            await rpc.call("getblockcount")


async def test_an_error_about_a_whole_batch_splits_it() -> None:
    def small_only(line: bytes) -> list[bytes]:
        said = orjson.loads(line)
        if isinstance(said, list) and len(said) > 3:
            return [
                orjson.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}})
            ]
        return [line]

    async with ElectrumServer(CHAIN, meddle=small_only) as server, asked(server) as rpc:
        calls = [("blockchain.block.header", [height]) for height in range(10)]
        assert await rpc.batch(calls) == [header.hex() for header in server._headers[:10]]


async def test_budgets_and_unknown_methods() -> None:
    async with ElectrumServer(CHAIN) as server, asked(server, requests_max=1) as rpc:
        with pytest.raises(NoMethod):
            await rpc.call("scantxoutset", ["start", []])
        await rpc.call("getblockcount")
        with pytest.raises(OverBudget):
            await rpc.call("getblockcount")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "tcp://127.0.0.1", "tcp://169.254.169.254:50001", "tcp://"])
async def test_urls_that_may_not_be_asked(url: str) -> None:
    spec = msgspec.structs.replace(provider(url, kind="electrum"), chain=REGTEST.id)
    with pytest.raises(ChainError):
        async with open_provider(spec):
            pass


async def test_private_addresses_only_where_they_are_allowed() -> None:
    async with ElectrumServer(CHAIN) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        spec = provider(url, kind="electrum", allow_private=False)
        async with open_provider(msgspec.structs.replace(spec, chain=REGTEST.id)) as rpc:
            with pytest.raises(ChainError, match="not allowed"):
                await rpc.call("getblockcount")
    assert server.connections == 0


async def test_a_server_without_tls_where_tls_is_asked_for() -> None:
    async with ElectrumServer(CHAIN) as server:
        server.url = server.url.replace("tcp://", "ssl://")
        async with asked(server, attempts_max=1) as rpc:
            with pytest.raises(Transport):
                await rpc.call("getblockcount")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Self-signed, of localhost; with its key in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate")
    key, made = tmp_path / "key.pem", tmp_path / "made.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    command = (openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject)
    subprocess.run([*command, "-keyout", key, "-out", made], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_is_verified(certificate: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with ElectrumServer(CHAIN, tls=context) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        async with asked(server, attempts_max=1) as rpc:
            if trusted:
                assert await rpc.call("getblockcount") == CHAIN.tip
                return
            with pytest.raises(Transport, match="TLS failed"):
                await rpc.call("getblockcount")


def _empty_when_long(method: str, _params: list[Any], result: Any) -> Any:
    """Fulcrum's answer to a history beyond its limit: nothing, and no error."""
    return [] if method == HISTORY and len(result) > 50 else result


def _cut_off(method: str, _params: list[Any], result: Any) -> Any:
    return result[:-1] if method == HISTORY else result


def _without_the_middle(method: str, _params: list[Any], result: Any) -> Any:
    return result[:3] + result[4:] if method == HISTORY else result


def _another_transaction(method: str, _params: list[Any], result: Any) -> Any:
    return CHAIN.txs[0].raw.hex() if method == "blockchain.transaction.get" else result


def _half_a_transaction(method: str, _params: list[Any], result: Any) -> Any:
    return result[: len(result) // 2] if method == "blockchain.transaction.get" else result


def _no_history(method: str, _params: list[Any], result: Any) -> Any:
    return None if method == HISTORY else result


@pytest.mark.parametrize(
    "spoil",
    [_empty_when_long, _cut_off, _without_the_middle, _another_transaction, _half_a_transaction, _no_history],
)
async def test_what_is_not_whole_is_refused(spoil: Callable[[str, list[Any], Any], Any]) -> None:
    async with ElectrumServer(CHAIN, spoil=spoil) as server, asked(server) as rpc:
        with pytest.raises(Malformed):
            await read(server, rpc)


async def test_an_index_that_lacks_a_transaction_in_one_of_two_histories() -> None:
    """History and status agree with each other, for both come from the same index; the other history gives it away."""
    server = ElectrumServer(CHAIN)
    name, listed = next(iter(server._histories.items()))
    shared = next(tx for tx in listed if tx.spends and tx.height < HEIGHT)
    server._histories[name] = [tx for tx in listed if tx is not shared]
    assert any(shared in other for each, other in server._histories.items() if each != name)
    async with server, asked(server) as rpc:
        with pytest.raises(Malformed, match="missing in a history"):
            await read(server, rpc)


async def test_a_transaction_between_status_and_history() -> None:
    came: set[str] = set()

    def late(method: str, params: list[Any], result: Any) -> Any:
        if method == "blockchain.scripthash.subscribe" and params[0] not in came:
            came.add(params[0])
            return "00" * 32
        return result

    async with ElectrumServer(CHAIN, spoil=late) as server, asked(server) as rpc:
        assert await read(server, rpc) == truth()


async def test_unmined_transactions_do_not_count() -> None:
    waiting = {"tx_hash": "ab" * 32, "height": 0, "fee": 1}

    def with_mempool(method: str, params: list[Any], result: Any) -> Any:
        if method == HISTORY:
            return [*result, waiting]
        if method == "blockchain.scripthash.subscribe":
            history = [*server._result(HISTORY, params), waiting]
            return hashlib.sha256("".join(f"{tx['tx_hash']}:{tx['height']}:" for tx in history).encode()).hexdigest()
        return result

    server = ElectrumServer(CHAIN, spoil=with_mempool)
    async with server, asked(server) as rpc:
        assert await read(server, rpc) == truth()


async def test_a_history_that_is_refused() -> None:
    def refuse(method: str, _params: list[Any], result: Any) -> Any:
        if method == HISTORY:
            raise Refused("history too large")
        return result

    async with ElectrumServer(CHAIN, spoil=refuse) as server, asked(server) as rpc:
        with pytest.raises(ChainError, match="history too large"):
            await read(server, rpc)
