"""The page's own scripts, styles and WebAssembly, each compressed once and not again for every visitor."""

import gzip
import os
from functools import lru_cache
from mimetypes import guess_type

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

KEPT = 512  # files; more than there are


class CompressedFiles(StaticFiles):
    """As Starlette's, but a browser that reads gzip is answered from memory: a page opens with some sixty scripts."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        if "gzip" not in asked.get("accept-encoding", ""):
            return super().file_response(full_path, stat_result, scope, status_code)
        response = Response(
            _compressed(os.fspath(full_path), stat_result.st_mtime_ns),
            status_code,
            {"content-encoding": "gzip", "vary": "Accept-Encoding"},
            guess_type(full_path)[0] or "application/octet-stream",
        )
        as_file = FileResponse(full_path, stat_result=stat_result).headers
        for name in ("etag", "last-modified"):
            response.headers[name] = as_file[name]
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response


@lru_cache(KEPT)
def _compressed(path: str, changed: int) -> bytes:
    """A file's gzipped bytes; one that was changed since is read again."""
    with open(path, "rb") as file:
        return gzip.compress(file.read(), mtime=0)
