"""Totals and liabilities -> reserve ratios. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.core.amounts import rescale
from indexer.core.ratio import ratio_ppm
from indexer.model.commitments import Backing
from indexer.model.liabilities import Liability
from indexer.model.result import Coverage, ReserveRatio, Total

UNBACKED: Mapping[str, Backing] = {}


def owed_but_unlisted(totals: Sequence[Total], liabilities: Sequence[Liability]) -> list[Total]:
    """A zero total, over no rows, for every asset that is owed while the list names no address for it."""
    listed = {total.asset for total in totals}
    unlisted = {owed.asset: owed for owed in liabilities if owed.asset not in listed}
    return [
        Total(asset=asset, chain=None, scale=owed.scale, claimed=0, low=0, high=0, coverage=Coverage())
        for asset, owed in unlisted.items()
    ]


def reserve_ratios(
    totals: Sequence[Total], liabilities: Sequence[Liability], backing: Mapping[str, Backing] = UNBACKED
) -> list[ReserveRatio]:
    """One ratio (or interval of ratios) per asset that is owed, in the order of the liabilities.

    Everything owed counts, whatever its source. ``totals`` are the per-asset ones. An asset whose decimals are unknown
    has no ratio, only its bounds as None.
    """
    by_asset = {total.asset: total for total in totals if total.chain is None}
    owed: dict[str, list[Liability]] = {}
    for each in liabilities:
        owed.setdefault(each.asset, []).append(each)
    return [_ratio(by_asset[asset], parts, backing.get(asset, Backing.STATED)) for asset, parts in owed.items()]


def _ratio(total: Total, parts: Sequence[Liability], backing: Backing) -> ReserveRatio:
    scale = max([part.scale for part in parts] + ([] if total.scale is None else [total.scale]))
    liabilities = sum(rescale(part.amount, decimals=part.scale, scale=scale) for part in parts)
    attested = sum(rescale(part.attested, decimals=part.scale, scale=scale) for part in parts)
    low = high = attested_low = attested_high = None
    if total.scale is not None:
        reserves = rescale(total.low, decimals=total.scale, scale=scale)
        low = ratio_ppm(reserves=reserves, liabilities=liabilities)
        attested_low = ratio_ppm(reserves=reserves + attested, liabilities=liabilities)
        if total.high is not None:
            most = rescale(total.high, decimals=total.scale, scale=scale)
            high = ratio_ppm(reserves=most, liabilities=liabilities)
            attested_high = ratio_ppm(reserves=most + attested, liabilities=liabilities)
    return ReserveRatio(
        asset=total.asset,
        scale=scale,
        liabilities=liabilities,
        attested=attested,
        low_ppm=low,
        high_ppm=high,
        attested_low_ppm=attested_low,
        attested_high_ppm=attested_high,
        backing=backing,
    )
