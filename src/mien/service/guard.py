"""Around every request: the token, the security headers, the counting. Plain ASGI, so that no body is held back."""

import hmac
import time
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.service.metrics import Metrics
from mien.service.problems import problem_response

# Whoever watches over the service need not know the token, and the page holds no secrets.
_GUARDED: Final = ("/v1/", "/uploader", "/metrics", "/openapi.json")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_POLICY_VIOLATION: Final = 1008


class Guard:
    """Lets in whoever bears the token, and says on every answer what a browser may do with it."""

    def __init__(self, app: ASGIApp, *, token: str | None, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._expected = f"Bearer {token}".encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, socket or lifespan."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._may_enter(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                return
            scope["mien.reason"] = "token"
            refusal = problem_response(
                HTTPStatus.UNAUTHORIZED, "expected the header Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
            )
            await self._counted(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._counted(self._app, scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        if self._expected is None or not scope["path"].startswith(_GUARDED):
            return True
        given = Headers(scope=scope).get("authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._expected)

    async def _counted(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.monotonic(), 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await app(scope, receive, send_on)
        finally:
            # A path that no route knows is whatever the caller made up: it gets no row of its own.
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(route, str(status or 499)).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - started)
            if reason := scope.get("mien.reason"):
                self._metrics.rejected.labels(reason).inc()
