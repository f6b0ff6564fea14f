"""An HTTP server on a free loopback port: what every stand-in for a node or an explorer is built on."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import web


class Loopback:
    """Serves every method and path by ``_handle`` while entered; ``url`` ends in a slash."""

    url = ""
    body_bytes_max = 64 * 1024 * 1024
    line_bytes_max = 64 * 1024

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    async def _open(self, stack: AsyncExitStack) -> None:
        """Enter what the server needs itself; it closes after the server."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            app = web.Application(client_max_size=self.body_bytes_max)
            app.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, max_line_size=self.line_bytes_max)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}/"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
