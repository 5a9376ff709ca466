"""Error bodies in the forms of common frameworks: Cannon Studio documents none."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox import texts
from sandbox.studio.accounts import ApiError

Body = Callable[[ApiError], Any]


def error_body(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


def refusal(error: ApiError, style: str) -> web.Response:
    """Return the answer for `error` in one of STYLES."""
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    if style == "page":
        title = html.escape(f"{error.status} {HTTPStatus(error.status).phrase}: {error.message}")
        page = f"<!doctype html><html><head><title>{title}</title></head><body><h1>Error</h1></body></html>"
        return web.Response(text=page, content_type="text/html", status=error.status, headers=headers)
    kind = "application/problem+json" if style == "problem" else "application/json"
    text = json.dumps(STYLES[style](error))
    return web.Response(text=text, content_type=kind, status=error.status, headers=headers)


def _path(error: ApiError) -> list[str]:
    """Return the error's place in the body: the wire names the input's fields below `input`."""
    if error.field is None:
        return []
    return [error.field] if error.field in {"operation", "input", "webhook_url"} else ["input", error.field]


def _zod(error: ApiError) -> dict[str, Any]:
    # https://zod.dev/error-customization: `issues`, each with `code`, `path` and `message`
    issue = {"code": "custom", "path": _path(error), "message": error.message}
    return {"success": False, "error": {"name": "ZodError", "issues": [issue]}}


def _fastapi(error: ApiError) -> dict[str, Any]:
    # https://fastapi.tiangolo.com/tutorial/handling-errors/: `detail`, a text or a list with `loc`, `msg` and `type`
    if error.field is None:
        return {"detail": error.message}
    return {"detail": [{"type": "value_error", "loc": ["body", *_path(error)], "msg": error.message}]}


def _problem(error: ApiError) -> dict[str, Any]:
    # RFC 9457; the member `errors` is that of its section 3
    body = {"type": "about:blank", "title": HTTPStatus(error.status).phrase, "status": error.status}
    if error.field is None:
        return {**body, "detail": error.message}
    pointer = "#/" + "/".join(_path(error))
    return {**body, "detail": texts.REQUEST_INVALID, "errors": [{"detail": error.message, "pointer": pointer}]}


def _details(error: ApiError) -> dict[str, Any]:
    details = {"reason": error.message} | ({"field": error.field} if error.field is not None else {})
    return {"error": {"code": HTTPStatus(error.status).name, "message": texts.REQUEST_INVALID, "details": details}}


STYLES: Mapping[str, Body] = {
    "message": lambda error: error_body(error.message),
    "zod": _zod,
    "fastapi": _fastapi,
    "problem": _problem,
    "details": _details,
    "strings": lambda error: {"errors": [error.message]},
    "page": lambda error: error.message,
}
"""The forms of an error. `page` is a web page with the reason as its title."""
