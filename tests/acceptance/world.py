"""A small exchange on a scripted Ethereum: exact balances by rule, a published list, and the real command over it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import orjson

from chains.errors import RpcFault
from chains.spec import ProviderSpec
from chains.types import ChainId
from indexer.core.amounts import format_amount

ETHEREUM = ChainId("eip155:1")
HEIGHT = 1_000
GENESIS_TIME = 1_600_000_000


def address(number: int) -> str:
    return "0x" + hashlib.sha256(f"holder {number}".encode()).hexdigest()[:40]


def balance(holder: str) -> int:
    return int(hashlib.sha256(holder.encode()).hexdigest()[:20], 16)


def block(height: int, *, fork: str = "") -> dict[str, Any]:
    return {
        "number": hex(height),
        "hash": "0x" + hashlib.sha256(f"{fork}{height}".encode()).hexdigest(),
        "parentHash": "0x" + hashlib.sha256(f"{fork}{height - 1}".encode()).hexdigest(),
        "timestamp": hex(GENESIS_TIME + 12 * height),
    }


@cache
def _heights(fork: str, head: int) -> dict[str, int]:
    return {block(height, fork=fork)["hash"]: height for height in range(head + 1)}


@dataclass
class Ethereum:
    """Methods for tests.sim.FaultyRpc. ``lies`` replaces balances; ``fork`` names another history."""

    chain_id: int = 1
    head: int = HEIGHT + 100
    fork: str = ""
    lies: dict[str, object] = field(default_factory=dict)

    def methods(self) -> dict[str, Callable[..., object]]:
        return {
            "eth_chainId": lambda: hex(self.chain_id),
            "eth_getBlockByNumber": self._by_number,
            "eth_getBlockByHash": self._by_hash,
            "eth_getBalance": self._balance,
        }

    def _by_number(self, tag: str, _full: bool = False) -> dict[str, Any] | None:
        height = self.head if tag in ("finalized", "safe", "latest") else int(tag, 16)
        return block(height, fork=self.fork) if height <= self.head else None

    def _by_hash(self, wanted: str, _full: bool = False) -> dict[str, Any] | None:
        height = _heights(self.fork, self.head).get(wanted)
        return None if height is None else block(height, fork=self.fork)

    def _balance(self, holder: str, at: dict[str, Any]) -> object:
        if self._by_hash(at["blockHash"]) is None:
            raise RpcFault(-32000, "header for hash not found")
        return self.lies.get(holder, hex(balance(holder)))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


@dataclass
class Office:
    """A desk with its own configuration and database, where the command is run. ``layers`` lie over ``config``."""

    home: Path
    dsn: str
    data: Path | None = None
    config: str = ""
    layers: Sequence[Path] = ()
    providers: list[ProviderSpec] = field(default_factory=list)

    def provider(self, url: str, name: str = "node", **fields: Any) -> ProviderSpec:
        defaults: dict[str, Any] = {"chain": ETHEREUM, "operator": name, "per_second_max": 10_000.0, "attempts_max": 2}
        spec = ProviderSpec(name=name, url=url, **({"timeout_s": 20.0} | defaults | fields))
        self.providers.append(spec)
        return spec

    def list(self, count: int, *, off: Mapping[int, int] | None = None, extra: Sequence[str] = ()) -> Path:
        """A plain list of ``count`` holders; ``off`` adds to the claims of some of them."""
        rows = ["network,asset,address,amount,height"]
        for number in range(count):
            holder = address(number)
            claimed = balance(holder) + (off or {}).get(number, 0)
            rows.append(f"Ethereum,ETH,{holder},{format_amount(claimed, decimals=18)},{HEIGHT}")
        path = self.home / "list.csv"
        path.write_text("\n".join([*rows, *extra]) + "\n")
        return path

    def liabilities(self, count: int, *, percent: int = 100) -> Path:
        owed = sum(balance(address(number)) for number in range(count)) * percent // 100
        path = self.home / "owed.toml"
        as_of = datetime.fromtimestamp(GENESIS_TIME + 12 * HEIGHT, UTC).isoformat()
        row = f'[[liability]]\nasset = "ETH"\namount = "{format_amount(owed, decimals=18)}"\n'
        path.write_text(f"as_of = {as_of}\n{row}")
        return path

    def env(self) -> dict[str, str]:
        config, providers = self.home / "config.toml", self.home / "providers.toml"
        config.write_text(self.config or "[policy]\npass_pause_s = 0\n")
        providers.touch(mode=0o600)
        providers.write_bytes(msgspec.toml.encode({"provider": self.providers}))
        # Bytecode may be kept: these tests start the command some hundred times.
        dropped = ("ASSAY_", "PYTHONDONTWRITEBYTECODE")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        return clean | {
            "ASSAY_CONFIG": os.pathsep.join(map(str, (config, *self.layers))),
            "ASSAY_PROVIDERS": str(providers),
            "ASSAY_DSN": self.dsn,
            "ASSAY_DATA_DIR": str(self.data or self.home / "data"),
        }

    async def start(self, *words: str, module: str = "indexer.cli") -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *words, env=self.env(), stdout=pipe, stderr=pipe
        )

    async def assay(self, *words: str, module: str = "indexer.cli") -> Answer:
        """Run one command to its end."""
        process = await self.start(*words, module=module)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(), err.decode())
