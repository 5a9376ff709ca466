"""Links to files with a signed query that ends, as of Google's storage.

Form: https://cloud.google.com/storage/docs/access-control/signed-urls (V4). Cannon Studio's samples show its host
without a query; whether links end is not documented.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from sandbox import texts

FORMAT = "%Y%m%dT%H%M%SZ"


class SignedLinks:
    """Signs links and checks them, with a secret of its own."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def signed(self, url: str, at: float, life_s: float) -> str:
        """Return `url` with a query that lasts `life_s` seconds from `at` (Unix seconds, whole)."""
        query = {
            "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
            "X-Goog-Credential": "sandbox@studio.example/auto/storage/goog4_request",
            "X-Goog-Date": datetime.fromtimestamp(at, UTC).strftime(FORMAT),
            "X-Goog-Expires": str(round(life_s)),
            "X-Goog-SignedHeaders": "host",
        }
        name = urlsplit(url).path.rpartition("/")[2]
        return f"{url}?{urlencode(query | {'X-Goog-Signature': self._signature(name, query)})}"

    def refused(self, name: str, query: Mapping[str, str], now: float) -> web.Response | None:
        """Return the answer to a link that is not signed, or has ended; None if it is good."""
        given = dict(query)
        signature = given.pop("X-Goog-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(name, given).encode()):
            return _error(403, "SignatureDoesNotMatch", texts.WRONG_SIGNATURE)
        begins = datetime.strptime(given["X-Goog-Date"], FORMAT).replace(tzinfo=UTC).timestamp()
        if now > begins + int(given["X-Goog-Expires"]):
            return _error(400, "ExpiredToken", texts.LINK_ENDED)
        return None

    def is_good(self, url: str, now: float) -> bool:
        parts = urlsplit(url)
        return self.refused(parts.path.rpartition("/")[2], dict(parse_qsl(parts.query)), now) is None

    def _signature(self, name: str, query: Mapping[str, str]) -> str:
        text = "\n".join((name, *(f"{key}={query[key]}" for key in sorted(query))))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _error(status: int, code: str, message: str) -> web.Response:
    # https://cloud.google.com/storage/docs/xml-api/reference-status
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(text=text, content_type="application/xml", status=status)
