"""Bybit: one user's path; the list of assets grew and changed, so the version is the list the file's balances match."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude
from indexer.liabilities.sum_path import SCALE, PathNode, balances_of, check_path, read_path, sha256_text, totals
from indexer.model.verdict import LiabilityVerdict, Proven

NAME = "bybit-merkle"
_EARLY = "AGLA APT ATOM AVAX BIT BTC BUSD DAI DOGE DOT DYDX EOS ETH FTM LTC MATIC SOL USDC USDT XRP"
_MNT = _EARLY.replace("BIT", "MNT")
_32 = f"{_MNT} SHIB OP SAND LDO LINK COMP UNI MANA CRV BLUR SUSHI PEPE"
_V1 = f"{_32} WLD BEAM AGI FET IMX RNDR GALA APEX SHRAP".replace(" BUSD", "")
_V2 = f"{_V1} USDE".replace(" DAI", "").replace("RNDR", "RENDER")
_V3 = _V2.replace("MATIC", "POL")
_V4 = _V3.replace("FTM", "S")
_V5 = _V4.replace("EOS", "A")
_50 = f"{_V5} GRAM XAUT HYPE STABLE ENA ARB ASTER ONDO AAVE USD1"
VERSIONS: dict[str, tuple[str, ...]] = {
    name: tuple(names.split())
    for name, names in (
        ("20-assets", _EARLY),
        ("20-assets-mnt", _MNT),
        ("32-assets", _32),
        ("v1", _V1),
        ("v2", _V2),
        ("v3", _V3),
        ("v4", _V4),
        ("v5", _V5),
        ("50-assets", _50),
    )
}
"""Every published list of assets, in the order in which balances are hashed."""

_NOT_PROVEN = (
    weaknesses.SUMS_NOT_BOUND,
    weaknesses.SPLIT_UNSEEN,
    weaknesses.NO_DELIMITERS,
    weaknesses.USER_HASH_GIVEN,
    weaknesses.NEGATIVE_ELSEWHERE,
    weaknesses.OTHERS_MISSING,
)


def recognises(document: Document) -> bool:
    head = document.head.lstrip()
    return head.startswith(b"{") and b'"self"' in head and b'"userHash"' in head and b'"balance"' in head


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """One user's leaf and path up to the root the file ends in."""
    if len(documents) != 1:
        raise BadDocument(f"{NAME} reads one path at a time, not {len(documents)} files")
    document, rejections = documents[0], Rejections()
    version, assets = _version(document)
    path = read_path(document, key="balance", assets=assets, rejections=rejections)
    if path is not None:
        _check_leaf(f"{document.name}:self", path.own, assets, rejections)
        check_path(document.name, path, text=_fixed, rejections=rejections)
    return conclude(
        scheme=NAME,
        version=version,
        root_found=None if path is None else path.root.hash.lower(),
        root_published=root_published,
        totals=() if path is None else totals(assets, path.root.amounts),
        leaves=None,
        proven=(Proven.INCLUSION,),
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=() if path is None else totals(assets, path.own.amounts),
    )


def _version(document: Document) -> tuple[str, tuple[str, ...]]:
    named = set(balances_of(document, "balance"))
    for version, assets in VERSIONS.items():
        if named == set(assets):
            return version, assets
    raise BadDocument(f"{document.name}: its {len(named)} assets are none of Bybit's published lists")


def _fixed(value: int) -> str:
    whole, frac = divmod(value, 10**SCALE)
    return f"{whole}.{frac:0{SCALE}d}"


def _check_leaf(where: str, own: PathNode, assets: Sequence[str], rejections: Rejections) -> None:
    user_hash, balances = own.fields.get("userHash"), own.fields["balance"]
    if not isinstance(user_hash, str) or not user_hash:
        rejections.add(where, "no userHash: the leaf cannot be recomputed")
    elif sha256_text(user_hash + "".join(balances[asset] for asset in assets)) != own.hash.lower():
        rejections.add(where, "the leaf is not the hash of its userHash and balances")
