"""One question to one lane: its providers stand in for one another, and a failure is never an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError, NotFinal
from indexer.work.endpoints import Endpoint

T = TypeVar("T")


class LaneFailed(ChainError):
    """Every provider of the lane failed; ``errors`` has one per provider, in the order they were asked."""

    def __init__(self, errors: Sequence[tuple[str, ChainError]]) -> None:
        said = "; ".join(f"{provider}: {type(error).__name__}: {error}" for provider, error in errors)
        super().__init__(said or "no provider configured")
        self.errors = tuple(errors)


async def ask(
    lane: Sequence[Endpoint], adapter: ChainAdapter, question: Callable[[Rpc], Awaitable[T]], *, first: int = 0
) -> tuple[Endpoint, T]:
    """The first answer from the lane, starting at provider number ``first``, and who gave it.

    Raises LaneFailed. NotFinal passes straight through: every honest provider would say the same, or the pin waits.
    """
    errors: list[tuple[str, ChainError]] = []
    for offset in range(len(lane)):
        endpoint = lane[(first + offset) % len(lane)]
        try:
            await endpoint.ready(adapter)
            return endpoint, await question(endpoint.rpc)
        except NotFinal:
            raise
        except ChainError as error:
            endpoint.failed(error)
            errors.append((endpoint.spec.name, error))
    raise LaneFailed(errors)
