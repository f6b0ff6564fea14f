"""From claims to pins: which block every network's readings must come from, and whether config fits the chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chains.adapter import ChainAdapter, Indexed, Rpc
from chains.errors import ChainError, NotFinal, RpcFault
from chains.spec import ProviderSpec
from chains.types import BlockRef, ChainId, Instrument, Pinning
from indexer.model.claims import InstrumentSpec
from indexer.model.findings import Finding, Severity
from indexer.model.run import ClaimGroup, Pin
from indexer.work.endpoints import Endpoint, Lanes
from indexer.work.fetcher import LaneFailed, ask
from indexer.work.tip import pin_now


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """``excluded`` are instruments whose decimals on the chain contradict config, with the reason."""

    pin: Pin
    findings: tuple[Finding, ...] = ()
    excluded: tuple[tuple[InstrumentSpec, str], ...] = ()


async def plan_group(
    group: ClaimGroup,
    *,
    pin_no: int,
    adapter: ChainAdapter,
    lanes: Lanes,
    as_of: datetime | None,
    quorum: int,
    exchange: str,
) -> PlannedGroup:
    """Pin one network at one published height, agreed by every lane. A failure is kept in ``pin.problem``."""
    empty = Pin(pin_no=pin_no, chain=group.chain, height_claimed=group.height, block=None, live=False)
    if not lanes:
        return PlannedGroup(replace(empty, problem="no provider configured"))
    try:
        if adapter.pinning is Pinning.TIP:
            pin = await pin_now(empty, adapter, lanes, as_of)
        else:
            pin = await _pin(empty, adapter, lanes[0], as_of)
        assert pin.block is not None
        by_time = as_of if group.height is None else None
        for lane in lanes[1:]:
            await _agree(pin.block, adapter, lane, by_time)
        excluded, findings = await _check_decimals(group, pin.block, adapter, lanes[0])
    except ChainError as error:
        return PlannedGroup(replace(empty, problem=str(error)))
    if pin.problem:
        findings.append(Finding(Severity.WARNING, "unpinned", f"{group.chain}: {pin.problem}"))
    if len(lanes) < quorum:
        said = f"{group.chain}: {quorum} independent operators wanted, {len(lanes)} configured"
        findings.append(Finding(Severity.WARNING, "independence", said))
    findings.extend(_sources(group.chain, adapter, lanes, exchange))
    return PlannedGroup(pin, tuple(findings), tuple(excluded))


async def _pin(empty: Pin, adapter: ChainAdapter, lane: tuple[Endpoint, ...], as_of: datetime | None) -> Pin:
    if empty.height_claimed is not None:
        height = empty.height_claimed
        _, block = await ask(lane, adapter, lambda rpc: adapter.block_at(rpc, height=height))
    elif as_of is not None:
        _, block = await ask(lane, adapter, lambda rpc: adapter.block_at(rpc, time=as_of))
    else:
        _, block = await ask(lane, adapter, adapter.final_block)
    return replace(empty, block=block)


def _sources(chain: ChainId, adapter: ChainAdapter, lanes: Lanes, exchange: str) -> list[Finding]:
    """What an auditor must know of those who are asked."""
    specs = [endpoint.spec for lane in lanes for endpoint in lane]
    found = related_parties(chain, specs, exchange)
    if isinstance(adapter, Indexed):
        said = f"{chain}: no node was asked but an index, {adapter.index}, which proves nothing"
        found.append(Finding(Severity.WARNING, "index-only", said))
    elif all(spec.is_explorer for spec in specs):
        said = f"{chain}: read from block explorers only, which answer from an index and prove nothing"
        found.append(Finding(Severity.WARNING, "explorer-only", said))
    return found


def related_parties(chain: ChainId, specs: Iterable[ProviderSpec], exchange: str) -> list[Finding]:
    return [
        Finding(
            Severity.WARNING,
            "related-party",
            f"{chain}: provider {spec.name} is run by {spec.operator}, a related party of {exchange}",
        )
        for spec in specs
        if spec.is_related_to(exchange)
    ]


async def _agree(block: BlockRef, adapter: ChainAdapter, lane: tuple[Endpoint, ...], by_time: datetime | None) -> None:
    """Another lane must know the same block, and find it by itself where it was found ``by_time``.

    TIP chains are compared by their own recorded blocks instead. An explorer only confirms a block that it is told.
    """
    if adapter.pinning is Pinning.TIP:
        return
    has_node = any(not endpoint.spec.is_explorer for endpoint in lane)
    try:
        if by_time is not None and has_node:
            endpoint, other = await ask(lane, adapter, lambda rpc: adapter.block_at(rpc, time=by_time))
        else:
            endpoint, other = await ask(lane, adapter, lambda rpc: adapter.block_at(rpc, height=block.height), at=block)
    except NotFinal as error:
        raise LaneFailed([(lane[0].spec.name, error)]) from None
    if (other.height, other.hash) != (block.height, block.hash):
        said = f"providers disagree on block {block.height}: {block.hash} against {other.hash}"
        if other.height != block.height:
            said = f"providers disagree on the block at {by_time}: {block.height} against {other.height}"
        raise LaneFailed([(endpoint.spec.name, ChainError(said))])


async def _check_decimals(
    group: ClaimGroup, block: BlockRef, adapter: ChainAdapter, lane: tuple[Endpoint, ...]
) -> tuple[list[tuple[InstrumentSpec, str]], list[Finding]]:
    """Compare config with the chain: a wrong number of decimals would be a factor of 10**n in every row.

    An instrument that contradicts config is excluded; one that states no decimals (they are optional in ERC-20) is
    only reported. A provider that cannot be asked raises LaneFailed, and the group is planned again later.
    """
    excluded: list[tuple[InstrumentSpec, str]] = []
    findings: list[Finding] = []
    for spec in group.instruments:
        assert spec.instrument is not None
        name = f"{group.chain}/{spec.instrument}"
        try:
            _, decimals = await ask(lane, adapter, partial(_stated_decimals, adapter, block, spec.instrument), at=block)
        except LaneFailed as failed:
            if not all(type(error) in (RpcFault, ChainError) for _, error in failed.errors):
                raise
            said = f"{name} states no decimals; config's {spec.decimals} were used"
            findings.append(Finding(Severity.WARNING, "decimals-unstated", said))
            continue
        if decimals != spec.decimals:
            why = f"the chain says {decimals} decimals, config says {spec.decimals}"
            excluded.append((spec, why))
            findings.append(Finding(Severity.EXCEPTION, "decimals", f"{name}: {why}"))
    return excluded, findings


async def _stated_decimals(adapter: ChainAdapter, block: BlockRef, instrument: Instrument, rpc: Rpc) -> int:
    return await adapter.decimals(rpc, block, instrument)
