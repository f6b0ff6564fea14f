"""The one retry policy. Only Transport and its kinds are retried; everything else is an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from chains.errors import RateLimited, Transport

Sleep = Callable[[float], Awaitable[None]]
Jitter = Callable[[], float]
"""A number in [0, 1)."""

FIRST_S, LONGEST_S, RETRY_AFTER_MAX_S = 0.5, 20.0, 60.0


def wait_s(attempt: int, error: BaseException | None, jitter: float) -> float:
    """Seconds before attempt ``attempt + 1``: doubling, half of it by chance, and never less than the server asked."""
    doubled: float = min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 1))
    chosen = doubled * (0.5 + 0.5 * jitter)
    asked = error.retry_after_s if isinstance(error, RateLimited) else None
    return chosen if asked is None else max(chosen, min(asked, RETRY_AFTER_MAX_S))


def retrying(*, attempts_max: int, sleep: Sleep, jitter: Jitter, on_retry: Callable[[], None]) -> AsyncRetrying:
    """A fresh policy for one request; the last error is raised as it is."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        return wait_s(state.attempt_number, error, jitter())

    return AsyncRetrying(
        sleep=sleep,
        stop=stop_after_attempt(attempts_max),
        wait=wait,
        retry=retry_if_exception_type(Transport),
        before_sleep=lambda _state: on_retry(),
        reraise=True,
    )
