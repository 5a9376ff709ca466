"""Converts a value to its wire form, or explains why it is invalid."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from bot.catalogue import texts
from bot.catalogue.fields import Field, FieldKind, Scalar, TextShape
from bot.catalogue.texts import echo
from bot.errors import InputError
from bot.language import Text, amount


def nearest(given: Scalar, values: Sequence[Scalar]) -> list[Scalar]:
    """Return the one or two nearest of `values`, by size if they have one, else by spelling."""
    sizes = [size_of(value) for value in values]
    size = size_of(given)
    if size is None or None in sizes:
        close = get_close_matches(echo(given), [str(value) for value in values], n=1, cutoff=0.5)
        return [value for value in values if str(value) in close]
    pairs = [(known, value) for known, value in zip(sizes, values, strict=True) if known is not None]
    below = max((pair for pair in pairs if pair[0] <= size), key=lambda pair: pair[0], default=None)
    above = min((pair for pair in pairs if pair[0] > size), key=lambda pair: pair[0], default=None)
    return [pair[1] for pair in (below, above) if pair is not None]


def size_of(value: Scalar) -> float | None:
    """Return the number that `value` is or starts with: 4 for `4K`; None if none."""
    if isinstance(value, int | float):
        return float(value)
    found = re.match(r"\d{1,9}(?:\.\d{1,9})?(?!\d|:)", value, re.ASCII)
    return float(found[0]) if found else None


URL_LIMIT_CHARS = 4096
NUMBER_LIMIT = 2**53
"""Beyond it JSON numbers lose digits."""
DEPTH_LIMIT = 16
"""How deeply free JSON may be nested."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)(?:\s*[:x/]\s*(\d{1,5}(?:\.\d{1,4})?))?", re.ASCII | re.IGNORECASE)
_RATIO_AS_TYPED = re.compile(r"^(\d{1,2})\s*[x/×]\s*(\d{1,2})$", re.ASCII | re.IGNORECASE)
"""16x9, 16/9, 16×9: sent as 16:9. Longer numbers are a size."""
RATIO_WORDS = frozenset(
    {"auto", "adaptive", "default", "original", "source", "square", "portrait", "landscape", "match_input_image"}
)
"""What providers take instead of a ratio."""
_QUANTITIES = frozenset({"seconds", "frames per second"})
"""Units that must be above zero."""
_ID = re.compile(r"(?=.*\d|.{5})[!-~]{1,200}", re.ASCII)
"""No spaces; no short word without a digit: ids on the API's pages have 10 characters and more."""
BEYOND_USUAL = 10
"""Multiple of the usual maximum above which a number is a mistake; below that it is a caution."""
_NUMBER = re.compile(r"([+-]?\d{1,16}(?:\.\d{1,12})?) ?(?:s|sec|seconds?|x|fps)?", re.ASCII | re.IGNORECASE)
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def take(field: Field, value: object, *, allow_local: bool) -> Any:
    """Convert `value` to `field`'s wire form, None if empty.

    `allow_local` allows links to http://127.0.0.1. Raises InputError.
    """
    if value is None:
        return None
    return _TAKERS[field.kind](field, value, allow_local)


def clean_text(text: str) -> str:
    """Strip lone surrogates, controls and outer space; '' if nothing is visible."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text if any(_visible(letter) for letter in text) else ""


def plain(value: object, *, depth: int = 0) -> Any:
    """Clean the texts of a JSON value. Raises InputError for what JSON cannot carry."""
    if depth > DEPTH_LIMIT:
        raise InputError(texts.NOT_IN_JSON(value=texts.TOO_DEEP(limit=DEPTH_LIMIT)))
    if isinstance(value, str):
        return _CONTROLS.sub("", value)
    if isinstance(value, Mapping):
        return {_CONTROLS.sub("", str(key)): plain(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth=depth + 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, int | float):
        raise InputError(texts.NOT_IN_JSON(value=type(value).__name__))
    if not abs(value) <= NUMBER_LIMIT:
        raise InputError(texts.NOT_IN_JSON(value=texts.TOO_LARGE))
    return value


def noun(value: object) -> Text:
    """Describe the type of `value` for members."""
    if isinstance(value, bool):
        return texts.BOOLEAN
    if isinstance(value, int | float):
        return texts.NUMBER
    if isinstance(value, str):
        return texts.TEXT
    return texts.LIST if isinstance(value, list | tuple) else texts.OBJECT


def _visible(letter: str) -> bool:
    return unicodedata.category(letter) not in _INVISIBLE_CATEGORIES and letter not in _INVISIBLE_LETTERS


def _text(field: Field, value: object, _allow_local: bool) -> str | None:
    given = _as_choice(field, value)
    if not isinstance(given, str):
        raise InputError(texts.must_be(field.label, texts.TEXT, noun(given)), field.name)
    text = clean_text(given)
    if len(text) > field.max_length:
        raise InputError(texts.text_too_long(field.label, field.max_length, len(text)), field.name)
    if field.shape is TextShape.RATIO and text not in map(str, (*field.choices, *field.suggestions)):
        text = _RATIO_AS_TYPED.sub(r"\1:\2", text)
    if text and not field.choices:
        _require_shape(field, text)
    return text or None


def _require_shape(field: Field, text: str) -> None:
    words = RATIO_WORDS | {str(each).casefold() for each in field.suggestions}
    if field.shape is TextShape.RATIO and text.casefold() not in words and not _is_ratio(text):
        raise InputError(texts.must_be(field.label, texts.RATIO, echo(text)), field.name)
    if field.shape is TextShape.ID:
        require_id(field.name, field.label, text)


def require_id(name: str, label: str, text: str) -> None:
    """Raise InputError for an impossible provider id; `name` is its wire field."""
    if not _ID.fullmatch(text):
        raise InputError(texts.must_be(label, texts.ID, echo(text)), name)


def _is_ratio(text: str) -> bool:
    found = _RATIO.fullmatch(text)
    return found is not None and float(found[1]) > 0 and (found[2] is None or float(found[2]) > 0)


def _as_choice(field: Field, value: object) -> object:
    """Match a bare number to a choice, such as 2 to `2x`.

    A command may have a number option for a field that is now text in the live document.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    meant = [choice for choice in field.choices if size_of(choice) == value]
    return meant[0] if len(meant) == 1 else value


def _number(field: Field, value: object, _allow_local: bool) -> float | int | None:
    number = _parsed(field, value)
    if number is None:
        return None
    if not abs(number) <= NUMBER_LIMIT:  # false for NaN too
        raise InputError(texts.out_of_range(field.label, None, NUMBER_LIMIT, "", math.inf), field.name)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if field.kind is FieldKind.INTEGER and isinstance(number, float):
        raise InputError(texts.must_be(field.label, texts.whole_number_near(number), amount(number)), field.name)
    return _in_range(field, number)


def _parsed(field: Field, value: object) -> float | int | None:
    """Read a number from a number or text such as `10`, `7.5 s` or `2x`; None if empty."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise InputError(texts.must_be(field.label, _wanted(field), noun(value)), field.name)
    text = clean_text(value)
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    if not found:
        raise InputError(texts.must_be(field.label, _wanted(field), echo(text)), field.name)
    return float(found[1]) if "." in found[1] else int(found[1])


def _wanted(field: Field) -> Text:
    return texts.WHOLE_NUMBER if field.kind is FieldKind.INTEGER else texts.NUMBER


def _in_range(field: Field, number: float) -> float | int:
    low, high = field.minimum, field.maximum
    is_nothing = field.unit in _QUANTITIES and low is None and number <= 0
    if is_nothing:
        high = None
    elif field.judges_by_usual and _is_absurd(field.usual or (number, number), number):
        low, high = field.usual or (low, high)
    elif (low is None or number >= low) and (high is None or number <= high):
        return number
    raise InputError(texts.out_of_range(field.label, low, high, field.unit, number), field.name)


def _is_absurd(usual: tuple[float, float], number: float) -> bool:
    low, high = usual
    return number > high * BEYOND_USUAL or (low >= 0 > number)


def _boolean(field: Field, value: object, _allow_local: bool) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = clean_text(value).casefold()
        if not word:
            return None
        if word in _WORDS:
            return _WORDS[word]
        raise InputError(texts.must_be(field.label, texts.BOOLEAN, echo(word)), field.name)
    raise InputError(texts.must_be(field.label, texts.BOOLEAN, noun(value)), field.name)


def _url(field: Field, value: object, allow_local: bool) -> str | None:
    if not isinstance(value, str):
        raise InputError(texts.must_be(field.label, texts.LINK, noun(value)), field.name)
    url = clean_text(value)
    if url.startswith("<") and url.endswith(">"):  # how members suppress a link's preview
        url = url[1:-1].strip()
    if not url:
        return None
    if len(url) > URL_LIMIT_CHARS:
        raise InputError(texts.text_too_long(field.label, URL_LIMIT_CHARS, len(url)), field.name)
    if not _is_link(url, allow_local=allow_local):
        raise InputError(texts.must_be(field.label, texts.LINK, texts.TEXT), field.name)
    return url


def _is_link(url: str, *, allow_local: bool) -> bool:
    if "\\" in url or not all(_visible(letter) for letter in url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or port == 0:
        return False
    if parts.scheme == "https":
        return True
    return allow_local and parts.scheme == "http" and host == "127.0.0.1"


def _urls(field: Field, value: object, allow_local: bool) -> list[str] | None:
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise InputError(texts.must_be(field.label, texts.LINKS, noun(value)), field.name)
    urls = [_url(field, item.rstrip(",;") if isinstance(item, str) else item, allow_local) for item in given]
    return [url for url in urls if url is not None] or None


def _object(field: Field, value: object, allow_local: bool) -> dict[str, Any] | None:
    given = _unwrapped(field, value)
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InputError(texts.must_be(field.label, texts.JSON_OBJECT, noun(given)), field.name)
    taken: dict[str, Any] = {}
    known = {item.name: item for item in field.item_fields}
    for key, item in given.items():
        if key in known:
            inner = _take_inner(field, known[key], item, allow_local)
            if inner is not None:
                taken[key] = inner
        elif field.extra_keys:
            taken[_CONTROLS.sub("", str(key))] = _plain_in(field, item)
        else:
            raise InputError(texts.no_field(field.label, key, None, list(known)), field.name)
    return taken or None


def _objects(field: Field, value: object, allow_local: bool) -> list[dict[str, Any]] | None:
    given = _unwrapped(field, value)
    if given is None:
        return None
    if not isinstance(given, list | tuple):
        raise InputError(texts.must_be(field.label, texts.JSON_OBJECTS, noun(given)), field.name)
    items = [_object(field, item, allow_local) for item in given if item is not None]
    return [item for item in items if item is not None] or None


def _json(field: Field, value: object, _allow_local: bool) -> Any:
    given = _plain_in(field, value)
    return None if given in ("", []) else given


def _take_inner(field: Field, inner: Field, value: object, allow_local: bool) -> Any:
    try:
        return take(inner, value, allow_local=allow_local)
    except InputError as error:
        raise InputError(texts.INSIDE(field=field.label, problem=error.sentence), field.name) from None


def _plain_in(field: Field, value: object) -> Any:
    try:
        return plain(value)
    except InputError as error:
        raise InputError(texts.INSIDE(field=field.label, problem=error.sentence), field.name) from None


def _unwrapped(field: Field, value: object) -> object:
    """Parse JSON typed as text; other values unchanged, empty text as None."""
    if not isinstance(value, str):
        return value
    text = clean_text(value)
    if not text:
        return None
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        wanted = texts.JSON_SUCH_AS(example=_example(field))
        raise InputError(texts.must_be(field.label, wanted, texts.TEXT), field.name) from None
    return parsed


def _example(field: Field) -> str:
    example = '{"key": 1}' if not field.item_fields else f'{{"{field.item_fields[0].name}": …}}'
    return f"[{example}]" if field.kind is FieldKind.OBJECTS else example


_TAKERS: Mapping[FieldKind, Callable[[Field, object, bool], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.INTEGER: _number,
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.URL: _url,
    FieldKind.URLS: _urls,
    FieldKind.OBJECT: _object,
    FieldKind.OBJECTS: _objects,
    FieldKind.JSON: _json,
}
