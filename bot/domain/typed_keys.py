"""Keys that a member typed where everybody reads: refused before they are stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.domain import texts
from bot.errors import InputError

_KEY = re.compile(
    r"\bcs_(?:live|test)_[\w-]{8,}"  # Cannon Studio's API keys
    r"|(?<![\w-])[\w-]{17,}+\.[\w-]{6,7}\.[\w-]{27,}",  # Discord's bot tokens
    re.ASCII,
)


def require_no_key(typed: object) -> None:
    """Raise InputError if a text has the pattern of a key; of a mapping or list, each of its texts."""
    if isinstance(typed, str):
        if _KEY.search(typed):
            raise InputError(texts.LOOKS_LIKE_KEY)
    elif isinstance(typed, Mapping):
        require_no_key(list(typed.values()))
    elif isinstance(typed, Sequence):
        for each in typed:
            require_no_key(each)
