"""The host's price list: a file for all servers, where their moderators have set no price."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bot.app.host import texts as host_texts
from bot.catalogue import Catalogue
from bot.domain.money.costs import CostSeen
from bot.domain.words.text import without_controls
from bot.errors import InputError
from bot.prices import texts
from bot.prices.factors import price_factors
from bot.prices.pricing import HostPrices
from bot.prices.server_list import COLUMNS, credits_typed, price_file_rows, prices_of, refuse_wrong

HOST_FILE_BYTES_MAX: Final = 16 * 1024 * 1024
HOST_PRICES_MAX: Final = 2000
PRICES: Final = "prices"
"""The part of a JSON file that is read: objects with the columns of a CSV file, or with the input that was priced."""
_DIGITS_MAX = 20


def read_host_prices(path: Path, catalogue: Catalogue) -> HostPrices:
    """Parse a price file; JSON if it begins with a brace. Raises InputError naming up to five wrong lines.

    An operation that the catalogue lacks may be one that the API will name.
    """
    text = _text(path)
    if not text.lstrip().startswith("{"):
        rows = price_file_rows(text, HOST_PRICES_MAX)
        return HostPrices(lines=prices_of(rows, catalogue.resolve_raw, texts.WRONG_LINE))
    found = list(enumerate(_listed(text), 1))
    lines = [(number, {name: _word(each.get(name)) for name in COLUMNS}) for number, each in found if not _input(each)]
    return HostPrices(
        lines=prices_of(lines, catalogue.resolve_raw, host_texts.WRONG_PRICE),
        samples=_samples([(number, each) for number, each in found if _input(each)], catalogue),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(HOST_FILE_BYTES_MAX + 1)
        if len(content) > HOST_FILE_BYTES_MAX:
            raise InputError(host_texts.PRICE_FILE_TOO_LARGE(mib=HOST_FILE_BYTES_MAX // 1024**2), "file")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
        raise InputError(host_texts.PRICE_FILE_UNREADABLE(reason=reason), "file") from None
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def _listed(text: str) -> list[dict[str, Any]]:
    """Return the file's prices. Raises InputError if it lists none."""
    try:
        found = json.loads(text, parse_constant=str, parse_int=_whole)
    except (ValueError, RecursionError):
        found = None
    prices = found.get(PRICES) if isinstance(found, dict) else None
    if not isinstance(prices, list):
        raise InputError(host_texts.NO_PRICES_PART(part=PRICES, columns=", ".join(COLUMNS)), "file")
    if len(prices) > HOST_PRICES_MAX:
        raise InputError(texts.TOO_MANY_LINES(found=len(prices), most=HOST_PRICES_MAX), "file")
    wrong = [number for number, each in enumerate(prices, 1) if not _is_price(each)]
    refuse_wrong([host_texts.WRONG_PRICE(number=number, reason=host_texts.NO_PRICE_OBJECT) for number in wrong])
    return prices


def _whole(digits: str) -> int | str:
    """Return a whole number, a very long one as text: Python reads none of thousands of digits."""
    return int(digits) if len(digits) <= _DIGITS_MAX else digits


def _is_price(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("input") or {}, dict):
        return False
    amount, names = found.get("credits"), [found.get(name) or "" for name in COLUMNS if name != "credits"]
    return all(isinstance(each, str) for each in names) and (amount is None or type(amount) in {str, int, float})


def _input(price: Mapping[str, Any]) -> Mapping[str, Any]:
    return price.get("input") or {}


def _word(value: str | float | None) -> str:
    return "" if value is None else str(value)


def _samples(
    rows: Iterable[tuple[int, Mapping[str, Any]]], catalogue: Catalogue
) -> dict[str, dict[str, list[CostSeen]]]:
    """Return the prices of single inputs by operation and kind. Raises InputError naming up to five wrong ones."""
    found: dict[str, dict[str, list[CostSeen]]] = {}
    errors = []
    for number, each in rows:
        try:
            operation = catalogue.resolve_raw(_word(each.get("operation")))
            amount = credits_typed(_word(each.get("credits")))
        except InputError as error:
            errors.append(host_texts.WRONG_PRICE(number=number, reason=error.sentence))
            continue
        factors = price_factors(operation, _input(each))
        cost = CostSeen(credits=amount, size=factors.size, outputs=factors.outputs)
        found.setdefault(operation.id, {}).setdefault(factors.kind, []).append(cost)
    refuse_wrong(errors)
    return found
