"""The host's price list: a file for all servers, where their moderators have set no price."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.app import texts
from bot.app.host import texts as host_texts
from bot.catalogue import Catalogue
from bot.domain.money.costs import PriceList
from bot.domain.words.text import without_controls
from bot.errors import RESTART_CANNOT_HELP, InputError, StartError
from bot.prices.server_list import price_file_rows, prices_of
from bot.settings import Settings

HOST_FILE_BYTES_MAX: Final = 1024 * 1024
HOST_PRICES_MAX: Final = 2000


def read_host_prices(path: Path, catalogue: Catalogue) -> PriceList:
    """Parse a price file. Raises InputError naming up to five wrong lines.

    An operation that the catalogue lacks may be one that the API will name.
    """
    rows = price_file_rows(_text(path), HOST_PRICES_MAX)
    return prices_of(rows, catalogue.resolve_raw)


def host_price_list(settings: Settings, catalogue: Catalogue) -> PriceList:
    """Return the prices of the host's file, none without one. Raises StartError."""
    try:
        return {} if settings.price_list is None else read_host_prices(settings.price_list, catalogue)
    except InputError as error:
        reason = texts.PRICE_LIST_WRONG(path=settings.price_list, reason=error.sentence)
        raise StartError(reason, exit_code=RESTART_CANNOT_HELP) from None


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
