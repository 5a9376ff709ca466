"""What the status call may tell of an account beyond its credits: when some expire, and where to buy more.

The reference documents neither (INFERRED): the names are those of the documented fields and of other APIs, and what is
not understood is passed over.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from bot.domain.models import ExpiringCredits, credits_of

LOTS_MAX: Final = 50
LINK_CHARS_MAX: Final = 500
_WORDS: Final = ("credit", "pack", "grant", "balance", "bucket", "lot")
"""A field is about credits if its name has one of these in it."""
_AMOUNTS: Final = ("remaining", "creditsRemaining", "credits_remaining", "left", "credits", "balance", "amount")
_ENDS: Final = ("expiresAt", "expires_at", "expiresAtMs", "expires_at_ms", "expiry", "expiryDate", "expirationDate")
_LINKS: Final = ("topUpUrl", "top_up_url", "topupUrl", "buyCreditsUrl", "buy_credits_url", "billingUrl", "billing_url")
_SECONDS_MAX: Final = 1e11
"""A time above this is in milliseconds."""
_LATEST: Final = 7.3e9
"""The year 2201: later than any date that is meant."""


def expiring_credits(answer: Mapping[str, Any]) -> tuple[ExpiringCredits, ...]:
    """Return the credits of an account that expire, by their dates, the first first; () where it tells none."""
    found: dict[float, Decimal] = defaultdict(Decimal)
    for lot in _lots(answer):
        amount = _amount(lot)
        ends_at = next((at for name in _ENDS if (at := _seconds(lot.get(name))) is not None), None)
        if amount and ends_at is not None and (ends_at in found or len(found) < LOTS_MAX):
            found[ends_at] += amount
    return tuple(ExpiringCredits(credits=found[at], expires_at=at) for at in sorted(found))


def top_up_link(answer: Mapping[str, Any]) -> str | None:
    """Return the address where credits can be bought, None where the account tells none."""
    for place in (answer, answer.get("credits"), answer.get("account"), answer.get("urls")):
        for name in _LINKS:
            link = place.get(name) if isinstance(place, dict) else None
            if isinstance(link, str) and _is_link(link):
                return link
    return None


def _lots(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what may be a lot of credits: `credits` itself, or the lots in it, or in another field about credits."""
    total = answer.get("credits")
    places = [total, *(_about_credits(place) for place in (answer, answer.get("account")))]
    for place in places:
        inner = list(_objects(place))
        yield from inner
        if place is total and isinstance(total, dict) and not inner:
            yield total


def _about_credits(place: object) -> dict[str, Any]:
    fields = place.items() if isinstance(place, dict) else ()
    return {name: value for name, value in fields if name != "credits" and _is_about_credits(name)}


def _is_about_credits(name: object) -> bool:
    return isinstance(name, str) and any(word in name.lower() for word in _WORDS)


def _objects(place: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in the fields of an object, and in the lists there."""
    for value in place.values() if isinstance(place, dict) else ():
        for each in value[:LOTS_MAX] if isinstance(value, list) else (value,):
            if isinstance(each, dict):
                yield each


def _amount(lot: Mapping[str, Any]) -> Decimal | None:
    for name in _AMOUNTS:
        try:
            return credits_of(lot.get(name))
        except ValueError:
            continue
    return None


def _seconds(value: object) -> float | None:
    """Return a time in Unix seconds: from seconds, milliseconds or ISO 8601, which is UTC unless it says otherwise."""
    if isinstance(value, str):
        try:
            when = dt.datetime.fromisoformat(value)
            found = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = value / 1000 if value > _SECONDS_MAX else float(value)
    else:
        return None
    return found if 0 < found < _LATEST else None


def _is_link(link: str) -> bool:
    """Whether it is an https address that can stand in a message as it is."""
    if (
        len(link) > LINK_CHARS_MAX
        or not link.isascii()
        or not link.isprintable()
        or any(c in link for c in " <>()`\"'")
    ):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
