"""A price list as a CSV file: written to be changed in a spreadsheet, and read as a whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.catalogue import Catalogue, Operation
from bot.catalogue.operation import Model, same_name
from bot.catalogue.price_factors import size_unit
from bot.domain.csv_cells import cell, text_of_cell
from bot.domain.models import credits_of, credits_words
from bot.domain.price_list import ListedPrice, PriceList, PriceUnit
from bot.domain.text import one_line, with_decimal_point
from bot.errors import InputError
from bot.guild.learned_prices import LearnedKind, beside
from bot.guild.texts import prices as texts

PRICES_MAX: Final = 200
PRICED_MODEL_CHARS: Final = 100
FILE_BYTES_MAX: Final = 64 * 1024
COLUMNS: Final = ("operation", "model", "per", "credits")
LEARNED: Final = "learned"
"""The column with what was learned; it is written for people and not read."""
ERRORS_SHOWN: Final = 5


def require_priceable(operation: Operation, per: PriceUnit) -> None:
    """Raise InputError if no price can be set for the operation, or none by this unit."""
    if operation.fixed_credits is not None:
        raise InputError(texts.always_costs(operation.title, credits_words(operation.fixed_credits)), "operation")
    if per is PriceUnit.SECOND and size_unit(operation) != PriceUnit.SECOND.value:
        raise InputError(texts.no_length(operation.title), "per")


def write_price_file(prices: PriceList, learned: Sequence[LearnedKind], operations: Mapping[str, Operation]) -> bytes:
    """Return the list as CSV, with what was learned next to each line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*COLUMNS, LEARNED))
    for (operation_id, model), price in prices.items():
        operation = operations.get(operation_id)
        said = [] if operation is None else _said(operation, beside(operation, model, learned, prices))
        writer.writerow(map(cell, (operation_id, model, price.per.value, price.credits.normalize(), "; ".join(said))))
    return out.getvalue().encode("utf-8-sig")


def _said(operation: Operation, found: Iterable[LearnedKind]) -> list[str]:
    return [each.words(operation) for each in found]


def read_price_file(text: str, catalogue: Catalogue) -> dict[tuple[str, str], ListedPrice]:
    """Return the list that a file holds. Raises InputError that names its first wrong lines, up to five."""
    rows = _rows(text)
    prices: dict[tuple[str, str], ListedPrice] = {}
    errors: list[str] = []
    for number, row in rows:
        try:
            name, price = _line(row, catalogue)
        except InputError as error:
            errors.append(texts.wrong_line(number, error.sentence))
            continue
        if name in prices:
            errors.append(texts.wrong_line(number, str(texts.PRICE_TWICE)))
        prices[name] = price
    if errors:
        raise InputError(texts.wrong_lines(errors[:ERRORS_SHOWN], len(errors) - ERRORS_SHOWN), "file")
    return prices


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """Return the lines by their number in the file, as values by column. Raises InputError for no list of prices."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        found = [(reader.line_num, row) for row in reader if any(each.strip() for each in row)]
    except csv.Error:
        raise InputError(texts.NO_CSV, "file") from None
    header = [each.strip().casefold() for each in found[0][1]] if found else []
    if not {"operation", "credits"}.issubset(header) or len(set(header)) < len(header):
        raise InputError(texts.no_columns(COLUMNS), "file")
    if len(found) - 1 > PRICES_MAX:
        raise InputError(texts.too_many_lines(len(found) - 1, PRICES_MAX), "file")
    rows = [(number, dict(zip(header, map(_read, row), strict=False))) for number, row in found[1:]]
    if delimiter == ";":  # spreadsheets that separate columns so have a comma in their numbers
        for _, row in rows:
            row["credits"] = row.get("credits", "").replace(",", ".")
    return rows


def _read(written: str) -> str:
    return text_of_cell(written.strip())


def _line(row: Mapping[str, str], catalogue: Catalogue) -> tuple[tuple[str, str], ListedPrice]:
    operation = catalogue.resolve(row.get("operation", ""))
    per = _unit(row.get("per", ""))
    require_priceable(operation, per)
    model = priced_model(operation, row.get("model", ""))
    return (operation.id, model), ListedPrice(credits=credits_typed(row.get("credits", "")), per=per)


def priced_model(operation: Operation, typed: str) -> str:
    """Return a model's id from its id or name; '' for none. Raises InputError for what cannot be a model's name."""
    name = one_line(typed)
    if not name.isprintable() or len(name) > PRICED_MODEL_CHARS:
        raise InputError(texts.no_model_name(PRICED_MODEL_CHARS), "model")
    return next((each.id for each in operation.models if each.id is not None and _is_named(each, name)), name)


def _is_named(model: Model, name: str) -> bool:
    return same_name(model.name, name) or (model.id is not None and same_name(model.id, name))


def _unit(typed: str) -> PriceUnit:
    try:
        return PriceUnit(typed.casefold() or PriceUnit.JOB)
    except ValueError:
        raise InputError(texts.no_unit([each.value for each in PriceUnit]), "per") from None


def credits_typed(typed: str) -> Decimal:
    """Return an amount that a moderator has written. Raises InputError."""
    try:
        return credits_of(with_decimal_point(typed.strip()))
    except ValueError:
        raise InputError(texts.NO_AMOUNT, "credits") from None
