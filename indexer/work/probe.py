"""What can each provider do? Asked of the real methods, one provider at a time, by `assay chains --probe`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chains import registry
from chains.adapter import ByHeight, ChainAdapter, Json, OnlyNow, Probing, Rpc
from chains.errors import ChainError
from chains.rpc import open_provider
from chains.spec import ChainSpec, ProviderSpec
from chains.types import BalanceKey, BlockRef, Pinning
from indexer.clock import Clock
from indexer.settings import Settings

YES, NO, NOT_ASKED, ONLY_NOW = "yes", "no", "not asked", "only now"

_NOBODY = {
    "algorand": "A" * 52 + "Y5HFKQ",
    "aptos": "0x" + "1".zfill(64),
    "evm": "0x" + "0" * 40,
    "filecoin": "f099",
    "near": "near",
    "solana": "1" * 32,
    "stellar": "G" + "A" * 52 + "WHF",
    "sui": "0x" + "0" * 64,
    "tron": "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
    "xrpl": "r" * 21 + "hoLvTp",
}
"""An address whose balance is cheap to ask. Where there is none, a balance is not asked of that family."""

_CLIENT: dict[str, tuple[str, str | None]] = {
    "evm": ("web3_clientVersion", None),
    "solana": ("getVersion", "solana-core"),
    "utxo": ("getnetworkinfo", "subversion"),
}
"""Family -> the method that tells the software, and the field of its answer."""


@dataclass(frozen=True, slots=True)
class Probed:
    """``final`` and ``old`` say whether balances were answered at the final and at a much older block.

    ``problem`` is the first thing that went wrong; there is never a URL in it.
    """

    chain: str
    provider: str
    kind: str
    operator: str
    block: BlockRef | None = None
    age_s: int | None = None
    final: str = ""
    old: str = ""
    client: str = ""
    way: str = ""
    problem: str = ""

    @property
    def usable(self) -> bool:
        return self.block is not None and self.final != NO


async def probe_all(settings: Settings, clock: Clock) -> list[Probed]:
    """Every provider of a supported chain, in the order of config; one that fails is told, and spoils no other."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                _probe_chain(chain, [spec for spec in settings.providers if spec.chain == chain.id], clock)
            )
            for chain in settings.chains.values()
            if chain.unsupported is None
        ]
    found = {probed.provider: probed for task in tasks for probed in task.result()}
    return [found[spec.name] for spec in settings.providers if spec.name in found]


async def _probe_chain(chain: ChainSpec, specs: list[ProviderSpec], clock: Clock) -> list[Probed]:
    """Nodes first: explorers name no final block, so they are asked about the newest one that a node named."""
    nodes = await asyncio.gather(*(_probe(chain, spec, clock, None) for spec in specs if not spec.is_explorer))
    newest = max((each.block for each in nodes if each.block is not None), key=lambda block: block.height, default=None)
    explorers = await asyncio.gather(*(_probe(chain, spec, clock, newest) for spec in specs if spec.is_explorer))
    return [*nodes, *explorers]


async def _probe(chain: ChainSpec, spec: ProviderSpec, clock: Clock, final: BlockRef | None) -> Probed:
    found = Probed(chain.id, spec.name, spec.kind, spec.operator)
    adapter = registry.adapter(chain)
    try:
        async with open_provider(spec) as rpc:
            if final is not None and isinstance(rpc, ByHeight):
                rpc.expect(final)
            if isinstance(rpc, OnlyNow):
                return await _ask_index(found, rpc, final)
            return await _ask(found, chain, adapter, rpc, clock)
    except ChainError as error:
        return replace(found, problem=str(error))


async def _ask(found: Probed, chain: ChainSpec, adapter: ChainAdapter, rpc: Rpc, clock: Clock) -> Probed:
    found = replace(found, client=await _client(chain, rpc))
    try:
        await adapter.check_chain(rpc)
        block = await adapter.final_block(rpc)
    except ChainError as error:
        return replace(found, problem=str(error))
    age_s = None if block.time is None else int((clock.now() - block.time).total_seconds())
    final, problem = await _balances(chain, adapter, rpc, block)
    found = replace(found, block=block, age_s=age_s, final=final, problem=problem)
    if adapter.pinning is not Pinning.TIP:
        found = replace(found, old=await _old_balances(chain, adapter, rpc, block.height // 2))
    if isinstance(adapter, Probing):
        try:
            found = replace(found, way=await adapter.probe(rpc, block))
        except ChainError as error:
            found = replace(found, problem=found.problem or str(error))
    return found


async def _ask_index(found: Probed, index: OnlyNow, final: BlockRef | None) -> Probed:
    """It checks what a node reads; so it must list the block that the node calls final."""
    head = await index.newest()
    found = replace(found, block=BlockRef(head, await index.hash_at(head)), final=ONLY_NOW, old=NO, way="checks only")
    if final is None:
        return replace(found, problem="no node here that it could check")
    if (listed := await index.hash_at(final.height)) != final.hash:
        return replace(found, final=NO, problem=f"its block {final.height} is {listed}, not {final.hash}")
    return found


async def _balances(chain: ChainSpec, adapter: ChainAdapter, rpc: Rpc, block: BlockRef) -> tuple[str, str]:
    """Yes, no or not asked; and why no."""
    if chain.family not in _NOBODY:
        return NOT_ASKED, ""
    key = BalanceKey(adapter.parse_address(_NOBODY[chain.family]), chain.native)
    if isinstance(rpc, ByHeight):
        rpc.expect(block)
    try:
        readings = await adapter.balances(rpc, block, [key])
    except ChainError as error:
        return NO, str(error)
    failure = readings.failures.get(0)
    return (YES, "") if failure is None else (NO, failure.detail)


async def _old_balances(chain: ChainSpec, adapter: ChainAdapter, rpc: Rpc, height: int) -> str:
    """Where the old block cannot even be found, its balances cannot either. Want of an archive is no problem."""
    try:
        block = await adapter.block_at(rpc, height=height)
    except ChainError:
        return NO
    answered, _ = await _balances(chain, adapter, rpc, block)
    return answered


async def _client(chain: ChainSpec, rpc: Rpc) -> str:
    """The software's own name for itself; nothing where it will not say."""
    method, field = _CLIENT.get(chain.family, ("", None))
    if not method:
        return ""
    try:
        answer: Json = await rpc.call(method)
    except ChainError:
        return ""
    said = answer.get(field) if field is not None and isinstance(answer, dict) else answer
    return said[:80] if isinstance(said, str) and said.isprintable() else ""
