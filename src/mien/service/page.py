"""The web page, as `make web` has built it beside this module; sent compressed where the browser takes that."""

import mimetypes
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "page"
# All of the page comes from here and nothing goes elsewhere; WebAssembly is compiled, nothing else is evaluated.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TYPES: Final = {".mjs": "text/javascript", ".wasm": "application/wasm", ".onnx": "application/octet-stream"}


class Page(StaticFiles):
    """The files of the page. What carries a hash of its content in its name may be kept for ever."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at ``path``, or its brotli twin."""
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse):
            return response
        found = Path(response.path)
        twin = found.with_name(f"{found.name}.br")
        kind = _TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        headers = {
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "public, max-age=31536000, immutable" if found.parent.name == "assets" else "no-cache",
            "Vary": "Accept-Encoding",
        }
        accepted = {coding.split(";")[0].strip() for coding in Headers(scope=scope).get("accept-encoding", "").split(",")}
        if "br" in accepted and twin.is_file():
            return FileResponse(twin, media_type=kind, headers=headers | {"Content-Encoding": "br"})
        return FileResponse(found, media_type=kind, headers=headers)


def missing() -> Response:
    """What a service without the page answers in its place."""
    return PlainTextResponse("The page is not built here: `make web` in a clone of mien builds it (it needs Node.js).\n", 404)
