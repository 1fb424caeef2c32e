"""Who may ask the served page: itself, and no other page that the same browser shows."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_HEADER = "X-EchoShift"
"""Header of each question. Another page cannot send it, unless a server permits it."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of every response."""


class Guard:
    """Refuse requests under a foreign name and questions of other pages, and add `HEADERS` to each response.

    A page of an attacker whose name suddenly resolves to this machine (DNS rebinding) has that name in its `Host`.

    Parameters
    ----------
    app : ASGI application
    is_own_host : callable
        Whether the value of `Host` names this server.
    """

    def __init__(self, app: ASGIApp, is_own_host: Callable[[str], bool]) -> None:
        self._app, self._is_own_host = app, is_own_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        app = self._app
        if complaint := self._complaint(scope):
            app = JSONResponse({"error": complaint}, status_code=403)
        await app(scope, receive, send_with_headers)

    def _complaint(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host, own = headers.get("host", ""), headers.get(OWN_HEADER)
        if not self._is_own_host(host):
            return f"Host: found {host[:80]!r}, expected the address that `echoshift explore` printed"
        if scope["method"] == "POST" and own != "1":
            return f"{OWN_HEADER}: found {own and own[:80]!r}, expected '1'"
        return None
