"""Does the kind of a provider fit its chain and its URL? Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from chains.spec import ProviderSpec

EVM_PREFIX, UTXO_PREFIX, SHORT_NAME = "eip155:", "bip122:", "chainShortName"


def misfit(spec: ProviderSpec) -> str | None:
    """Why an explorer cannot serve what config wants of it; None where it can, and for every other provider."""
    if not spec.is_explorer:
        return None
    if spec.is_indexer:
        return None if spec.chain.startswith(UTXO_PREFIX) else f"{spec.kind} reads Bitcoin-type chains only"
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
