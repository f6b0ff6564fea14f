"""One question to one lane: its providers stand in for one another, and a failure is never an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError, NotFinal, RpcFault
from chains.types import BlockRef
from indexer.work.endpoints import Endpoint

T = TypeVar("T")


class LaneFailed(ChainError):
    """Every provider of the lane failed; ``errors`` has one per provider, in the order they were asked."""

    def __init__(self, errors: Sequence[tuple[str, ChainError]]) -> None:
        said = "; ".join(words(provider, error) for provider, error in errors)
        super().__init__(said or "no provider configured")
        self.errors = tuple(errors)

    @property
    def is_refusal(self) -> bool:
        """Every provider said that it does not serve this: asking again is useless."""
        return all(isinstance(error, RpcFault) or type(error) is ChainError for _, error in self.errors)


def words(provider: str, error: ChainError) -> str:
    """Who failed, and how. Most errors name their provider already; it is said once."""
    return f"{provider}: {type(error).__name__}: {str(error).removeprefix(f'{provider}: ')}"


async def ask(
    lane: Sequence[Endpoint],
    adapter: ChainAdapter,
    question: Callable[[Rpc], Awaitable[T]],
    *,
    first: int = 0,
    at: BlockRef | None = None,
) -> tuple[Endpoint, T]:
    """The first answer from the lane, starting at provider number ``first``, and who gave it.

    ``at`` is the block that the question is about, where it is known. Explorers are asked when no node answers.

    Raises LaneFailed. NotFinal passes straight through: every honest provider would say the same, or the pin waits.
    """
    errors: list[tuple[str, ChainError]] = []
    for endpoint in _order(lane, first):
        try:
            await endpoint.ready(adapter, at=at)
            return endpoint, await question(endpoint.rpc)
        except NotFinal:
            raise
        except ChainError as error:
            endpoint.failed(error)
            errors.append((endpoint.spec.name, error))
    raise LaneFailed(errors)


def _order(lane: Sequence[Endpoint], first: int) -> list[Endpoint]:
    nodes = [endpoint for endpoint in lane if not endpoint.spec.is_explorer]
    explorers = [endpoint for endpoint in lane if endpoint.spec.is_explorer]
    return [*_rotated(nodes, first), *_rotated(explorers, first)]


def _rotated(endpoints: list[Endpoint], first: int) -> list[Endpoint]:
    cut = first % len(endpoints) if endpoints else 0
    return endpoints[cut:] + endpoints[:cut]
