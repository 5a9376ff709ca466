"""The server's own price list: expected costs that Cannon Studio does not publish."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.catalogue import Catalogue, Operation, model_name
from bot.catalogue.operation import Model, same_name
from bot.catalogue.texts import text_too_long
from bot.domain.models import credits_of, credits_words
from bot.domain.money.costs import ListedPrice, PriceList, PriceUnit
from bot.domain.texts import AMOUNT, CREDITS_MOST, LIST_FULL, NOT_PRINTABLE, UNCHANGED
from bot.domain.words.text import cell, harmless, one_line, text_of_cell, with_decimal_point
from bot.errors import InputError
from bot.language import tr
from bot.prices import texts
from bot.prices.factors import size_unit
from bot.store import Change, Record
from bot.store.acts import ModeratorActs

PRICES_MAX: Final = 200
PRICED_MODEL_CHARS: Final = 100
FILE_BYTES_MAX: Final = 64 * 1024
COLUMNS: Final = ("operation", "model", "per", "credits")
ERRORS_SHOWN: Final = 5


def require_priceable(operation: Operation, per: PriceUnit) -> None:
    if operation.fixed_credits is not None:
        raise InputError(
            texts.ALWAYS_COSTS(operation=operation.title, price=credits_words(operation.fixed_credits)), "operation"
        )
    if per not in _units(operation):
        raise _no_unit(operation)


def _units(operation: Operation) -> list[PriceUnit]:
    has_length = size_unit(operation) == PriceUnit.SECOND.value
    return [each for each in PriceUnit if has_length or each is not PriceUnit.SECOND]


def _no_unit(operation: Operation) -> InputError:
    return InputError(texts.no_unit(operation.title, _units(operation)), "per")


def write_price_file(prices: PriceList) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(cell, row) for row in _rows(prices))
    return out.getvalue().encode("utf-8-sig")


def read_price_file(text: str, catalogue: Catalogue) -> dict[tuple[str, str], ListedPrice]:
    """Parse a price file. Raises InputError naming up to five wrong lines."""
    return prices_of(price_file_rows(text, PRICES_MAX), catalogue.resolve)


def prices_of(
    rows: Iterable[tuple[int, Mapping[str, str]]], resolve: Callable[[str], Operation]
) -> dict[tuple[str, str], ListedPrice]:
    """Return the prices of numbered rows. Raises InputError naming up to five wrong ones.

    `resolve` returns the operation of an id, or raises InputError.
    """
    prices: dict[tuple[str, str], ListedPrice] = {}
    errors: list[str] = []
    for number, row in rows:
        try:
            name, price = _line(row, resolve)
        except InputError as error:
            errors.append(texts.WRONG_LINE(number=number, reason=error.sentence))
            continue
        if name in prices:
            errors.append(texts.WRONG_LINE(number=number, reason=str(texts.PRICE_TWICE)))
        prices[name] = price
    refuse_wrong(errors)
    return prices


def refuse_wrong(errors: Sequence[str]) -> None:
    """Raise InputError with the first of these sentences about a file, if any."""
    if errors:
        raise InputError(texts.wrong_lines(errors[:ERRORS_SHOWN], len(errors) - ERRORS_SHOWN), "file")


def price_file_rows(text: str, most: int) -> list[tuple[int, dict[str, str]]]:
    """Return a CSV file's lines by number, as values by column. Raises InputError if it is no list of `most` prices."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        found = [(reader.line_num, row) for row in reader if any(each.strip() for each in row)]
    except csv.Error:
        raise InputError(texts.no_columns(COLUMNS), "file") from None
    header = [each.strip().casefold() for each in found[0][1]] if found else []
    if not {"operation", "credits"}.issubset(header) or len(set(header)) < len(header):
        raise InputError(texts.no_columns(COLUMNS), "file")
    if len(found) - 1 > most:
        full = texts.WRONG_LINE(number=found[most + 1][0], reason=str(LIST_FULL(most=most)))
        raise InputError(texts.wrong_lines([full], len(found) - most - 2), "file")
    rows = [(number, dict(zip(header, map(_read, row), strict=False))) for number, row in found[1:]]
    if delimiter == ";":  # spreadsheets with this separator use decimal commas
        for _, row in rows:
            row["credits"] = row.get("credits", "").replace(",", ".")
    return rows


def _read(written: str) -> str:
    return text_of_cell(written.strip())


def _line(row: Mapping[str, str], resolve: Callable[[str], Operation]) -> tuple[tuple[str, str], ListedPrice]:
    operation = resolve(row.get("operation", ""))
    per = _unit(row.get("per", ""), operation)
    if operation.fields:  # else known by its id alone
        require_priceable(operation, per)
    model = priced_model(operation, row.get("model", ""))
    return (operation.id, model), ListedPrice(credits=credits_typed(row.get("credits", "")), per=per)


def priced_model(operation: Operation, typed: str) -> str:
    """Return a model's id from its id or name; '' for none. Raises InputError for an invalid name."""
    name = one_line(typed)
    if len(name) > PRICED_MODEL_CHARS:
        raise InputError(text_too_long("model", PRICED_MODEL_CHARS, len(name)), "model")
    if not name.isprintable():
        raise InputError(NOT_PRINTABLE(setting=tr("model")), "model")
    return next((each.id for each in operation.models if each.id is not None and _is_named(each, name)), name)


def _is_named(model: Model, name: str) -> bool:
    return same_name(model.name, name) or (model.id is not None and same_name(model.id, name))


def _unit(typed: str, operation: Operation) -> PriceUnit:
    try:
        return PriceUnit(typed.casefold() or PriceUnit.JOB)
    except ValueError:
        raise _no_unit(operation) from None


def credits_typed(typed: str) -> Decimal:
    """Parse an amount typed by a moderator. Raises InputError."""
    try:
        return credits_of(with_decimal_point(typed.strip()))
    except ValueError:
        raise InputError(AMOUNT(field="credits", low=0, high=CREDITS_MOST), "credits") from None


class PriceChanges(ModeratorActs):
    """Sets and removes prices, singly or all at once."""

    async def set(
        self,
        guild_id: int,
        operation: Operation,
        model: str,
        amount: Decimal | None,
        *,
        per: PriceUnit = PriceUnit.JOB,
        by_id: int,
    ) -> str:
        """Set the price of an operation or one of its models; None removes it. Model '' is for all models.

        Returns the record's text. Raises InputError if there is nothing to set or remove, or the list is full.
        """
        if amount is not None or operation.fixed_credits is not None:
            require_priceable(operation, per)
        named = texts.with_model(operation.id, harmless(model_name(operation, model)) if model else "")

        def allow(prices: PriceList) -> None:
            is_set = (operation.id, model) in prices
            if amount is None and not is_set:
                raise InputError(UNCHANGED, "credits")
            if not is_set and len(prices) >= PRICES_MAX:
                raise InputError(LIST_FULL(most=PRICES_MAX), "credits")

        def record(price: Change[ListedPrice | None]) -> Record:
            about = {"operation": operation.id, "model": model, **_about(price)}
            return Record(kind="price", text=_text(by_id, named, price), by_id=by_id, about=about)

        done = await self._store.prices.set(guild_id, operation.id, model, amount, per=per, allow=allow, record=record)
        return _text(by_id, named, done)

    async def replace(self, guild_id: int, text: str, catalogue: Catalogue, *, by_id: int) -> str:
        """Replace the list by a CSV file, all or nothing; return the record's text.

        Raises InputError naming the first wrong lines.
        """
        prices = read_price_file(text, catalogue)

        def record(done: Change[PriceList]) -> Record | None:
            if done.before == done.after:
                return None
            about = {"before": _rows(done.before), "after": _rows(done.after)}
            return Record(kind="price", text=_replaced(by_id, done), by_id=by_id, about=about)

        done = await self._store.prices.replace(guild_id, prices, record=record)
        if done.before == done.after:
            raise InputError(UNCHANGED, "file")
        return _replaced(by_id, done)


def _about(price: Change[ListedPrice | None]) -> dict[str, str | None]:
    before, after = price.before, price.after
    return {
        "before": None if before is None else str(before.credits),
        "credits": None if after is None else str(after.credits),
        "per": None if after is None else after.per.value,
    }


def _rows(prices: PriceList) -> list[list[str]]:
    return [
        [operation, model, each.per.value, f"{each.credits.normalize():f}"]
        for (operation, model), each in prices.items()
    ]


def _text(by_id: int, named: str, price: Change[ListedPrice | None]) -> str:
    before = "" if price.before is None else price.before.words
    if price.after is None:
        return texts.price_removed(by_id, named, before)
    return texts.price_set(by_id, named, price.after.words, before)


def _replaced(by_id: int, done: Change[PriceList]) -> str:
    before, after = done.before, done.after
    changed = sum(before[name] != after[name] for name in before.keys() & after.keys())
    return texts.PRICES_REPLACED(
        who=by_id,
        count=len(after),
        new=len(after.keys() - before.keys()),
        changed=changed,
        removed=len(before.keys() - after.keys()),
    )
