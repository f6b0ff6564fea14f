"""Does the kind of a provider fit its chain and its URL? Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from chains.spec import INDEXERS, ProviderSpec

EVM_PREFIX, SHORT_NAME = "eip155:", "chainShortName"
_READS = {
    **dict.fromkeys(INDEXERS, ("bip122:", "Bitcoin-type chains")),
    **dict.fromkeys(("trongrid", "tronscan"), ("tron:", "Tron")),
    "blockfrost": ("cip34:1-", "Cardano"),
    "subscan": ("polkadot:", "Substrate chains"),
}
"""Kind -> how the ids of its chains begin, and their name."""


def misfit(spec: ProviderSpec) -> str | None:
    """Why a provider cannot serve what config wants of it; None where it can."""
    if spec.kind == "rpc":
        return None
    if spec.kind in _READS:
        prefix, chains = _READS[spec.kind]
        return None if spec.chain.startswith(prefix) else f"{spec.kind} reads {chains} only"
    number = spec.chain.removeprefix(EVM_PREFIX)
    if number == spec.chain or not number.isdigit():
        return f"an explorer of kind {spec.kind} reads EVM chains only"
    query = parameters(spec)
    if spec.kind == "oklink" and SHORT_NAME not in query:
        return f"the URL of an oklink explorer names the network: ?{SHORT_NAME}=..."
    if spec.kind == "etherscan" and query.get("chainid", number) != number:
        return "the URL names another chainid than the chain of this provider"
    return None


def parameters(spec: ProviderSpec) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(spec.url).query))
