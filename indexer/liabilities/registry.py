"""Every scheme Assay reads, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.liabilities import (
    assay_stark,
    assay_v1,
    binance_zkmerkle,
    bitmex,
    bybit,
    gate_zkmerkle,
    mexc,
    okx_plonky2,
    okx_stark_v1,
    okx_v1,
    okx_v2,
    summa_v1,
    tnf,
)
from indexer.liabilities.scheme import BadDocument, Document, Scheme, Spread
from indexer.model.verdict import LiabilityVerdict

_MODULES: tuple[Scheme, ...] = (
    assay_v1,
    assay_stark,
    okx_v1,
    okx_v2,
    okx_stark_v1,
    okx_plonky2,
    binance_zkmerkle,
    gate_zkmerkle,
    bitmex,
    bybit,
    mexc,
    tnf,
    summa_v1,
)

SCHEMES: dict[str, Scheme] = {scheme.NAME: scheme for scheme in _MODULES}


_SPREADING: dict[str, Callable[[Sequence[Document], str | None, Spread], LiabilityVerdict]] = {
    scheme.NAME: scheme.verify for scheme in (assay_stark, bitmex, okx_v2)
}
"""Schemes that publish whole trees, or proofs in segments, whose work can be spread over processes."""


def verdict_on(
    documents: Sequence[Document], root_published: str | None, *, scheme: str | None = None, spread: Spread = map
) -> LiabilityVerdict:
    """The verdict of the scheme of that name, or of the one that the documents are of. Raises BadDocument."""
    chosen = scheme_of(documents) if scheme is None else scheme_named(scheme)
    if chosen.NAME in _SPREADING:
        return _SPREADING[chosen.NAME](documents, root_published, spread)
    return chosen.verify(documents, root_published)


def scheme_named(name: str) -> Scheme:
    """Raises BadDocument for a name no scheme has."""
    try:
        return SCHEMES[name]
    except KeyError:
        raise BadDocument(f"no scheme {name!r}; known: {', '.join(SCHEMES)}") from None


def scheme_of(documents: Sequence[Document]) -> Scheme:
    """The one scheme that recognises every document. Raises BadDocument where none or more than one does."""
    fitting = [scheme for scheme in SCHEMES.values() if all(scheme.recognises(document) for document in documents)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(document.name for document in documents)
    if fitting:
        known = ", ".join(scheme.NAME for scheme in fitting)
        raise BadDocument(f"{names}: could be {known}; say which with --scheme")
    raise BadDocument(f"{names}: no scheme reads these together; known: {', '.join(SCHEMES)}")
