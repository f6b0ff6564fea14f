"""A small hand-made configuration and the shortest way from text to what intake made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from chains.adapter import ChainAdapter
from chains.errors import BadAddress, HiddenAddress
from chains.spec import ChainSpec
from chains.types import Address, ChainId, Instrument
from indexer.core.names import Names
from indexer.intake import open_list
from indexer.model.claims import ListSummary, RejectedLine, ReserveClaim
from indexer.model.config import AssetSpec, ListedInstrument, NameSpec

ETH, BTC = ChainId("eip155:1"), ChainId("bip122:000000000019d6689c085ae165831e93")
BEACON = ChainId("beacon:mainnet")
VALIDATOR_REASON = "validator balances need a beacon node"
USDT_ID = Instrument("erc20:0xdac17f958d2ee523a2206206994597c13d831ec7")

OKX_9 = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script/ public key"
OKX_7 = "coin,address,amount,message,signature1,signature2,redeem script/ public key"
OKX_11 = f"{OKX_9}, eoa1, eoa2"
OKX_12 = OKX_11.replace("coin,", "coin,Type,")
PLAIN = "network,asset,address,amount"


def evm(number: int) -> str:
    return f"0x{number:040x}"


def names() -> Names:
    def chain(chain_id: ChainId, name: str, native: str, decimals: int, unsupported: str | None = None) -> ChainSpec:
        instrument = Instrument(native)
        return ChainSpec(
            id=chain_id, name=name, family="f", native=instrument, native_decimals=decimals, unsupported=unsupported
        )

    ton = ChainId("tvm:-239")
    chains = (
        chain(BEACON, "Validators", "slip44:60", 18, VALIDATOR_REASON),
        chain(ETH, "Ethereum", "slip44:60", 18),
        chain(BTC, "Bitcoin", "slip44:0", 8),
        chain(ton, "TON", "slip44:607", 9, "TON is not read yet"),
    )
    return Names(
        chains={spec.id: spec for spec in chains},
        assets=(
            AssetSpec(symbol="ETH", name="Ether", scale=18, forms=("BETH",)),
            AssetSpec(symbol="BTC", name="Bitcoin", scale=8, aliases=("XBT",)),
            AssetSpec(symbol="USDT", name="Tether", scale=6),
        ),
        instruments=(
            ListedInstrument(asset="ETH", chain=ETH, decimals=18, id=Instrument("slip44:60")),
            ListedInstrument(asset="ETH", chain=BEACON, decimals=18, id=Instrument("slip44:60"), form="staked"),
            ListedInstrument(asset="BTC", chain=BTC, decimals=8, id=Instrument("slip44:0")),
            ListedInstrument(asset="USDT", chain=ETH, decimals=6, id=USDT_ID),
            ListedInstrument(asset="USDT", chain=ton, decimals=6, unsupported="TON is not read yet"),
        ),
        names={
            "ETH": NameSpec(asset="ETH", chain=ETH),
            "BTC": NameSpec(asset="BTC", chain=BTC),
            "USDT-ERC20": NameSpec(asset="USDT", chain=ETH),
            "USDT-TON": NameSpec(asset="USDT", chain=ton),
            "TON": NameSpec(asset="TON", chain=ton),
            "APTOS": NameSpec(asset="APT", unsupported="Aptos is not read yet"),
            "BETH": NameSpec(asset="ETH", chain=BEACON),
            "NATIVE ETH STAKING": NameSpec(asset="ETH", chain=BEACON),
            "Eigenlayer Staking": NameSpec(asset="ETH", chain=BEACON),
        },
    )


class _Family:
    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)

    def parse_address(self, text: str) -> Address:
        if text.startswith("hidden"):
            raise HiddenAddress("its coins are hidden")
        if not self._pattern.fullmatch(text):
            raise BadAddress(f"no address here: {len(text)} characters")
        return Address(text.lower())


_FAMILIES = {ETH: _Family("0x[0-9a-fA-F]{40}"), BTC: _Family("[a-z0-9]{4,40}")}


def adapter_of(chain: ChainId) -> ChainAdapter | None:
    return cast("ChainAdapter | None", _FAMILIES.get(chain))


@dataclass(frozen=True)
class Outcome:
    claims: list[ReserveClaim]
    rejected: list[RejectedLine]
    summary: ListSummary

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(line.line_no, line.reason.value) for line in self.rejected]

    @property
    def finding_kinds(self) -> list[str]:
        return [finding.kind for finding in self.summary.findings]


def read_path(path: Path) -> Outcome:
    claims: list[ReserveClaim] = []
    rejected: list[RejectedLine] = []
    reader = open_list(path, names(), adapter_of)
    for batch in reader:
        claims += batch.claims
        rejected += batch.rejected
    return Outcome(claims, rejected, reader.summary)


def read(tmp_path: Path, content: str | bytes, *, name: str = "list.csv") -> Outcome:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_path(path)
