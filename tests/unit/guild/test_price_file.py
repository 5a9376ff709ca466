"""A price list as a file: what is written is read again, and whatever else is given is refused as a whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.operation import same_name
from bot.domain.money.costs import ListedPrice, PriceFactors, PriceUnit
from bot.errors import InputError
from bot.prices.server_list import PRICES_MAX, read_price_file, write_price_file

CATALOGUE = Catalogue()
PRICED = sorted(name for name, each in CATALOGUE.operations.items() if each.fixed_credits is None)
TIMED = "video.generate"


def read(*lines: str) -> dict[tuple[str, str], ListedPrice]:
    return read_price_file("\n".join(lines), CATALOGUE)


def refusal(*lines: str) -> str:
    with pytest.raises(InputError) as caught:
        read(*lines)
    return caught.value.sentence


MODELS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=100)
PRICES = st.dictionaries(
    st.tuples(st.sampled_from(PRICED), MODELS.filter(lambda name: not name.startswith("'"))),
    st.builds(
        ListedPrice,
        credits=st.decimals(0, 999_999_999, places=3),
        per=st.sampled_from([PriceUnit.JOB, PriceUnit.OUTPUT]),
    ),
    max_size=20,
)


@given(PRICES)
def test_what_is_written_is_read_again(prices: dict[tuple[str, str], ListedPrice]):
    by_id = {key: price for key, price in prices.items() if not any(_renamed(key))}
    assert read_price_file(write_price_file(by_id).decode("utf-8-sig"), CATALOGUE) == by_id


def _renamed(key: tuple[str, str]) -> list[bool]:
    """A model's name is read as its id."""
    return [same_name(key[1], each.name) for each in CATALOGUE.operations[key[0]].models]


@given(st.text(max_size=300) | st.lists(st.text(max_size=30), max_size=8).map("\n".join))
def test_any_other_text_is_refused_with_a_sentence(text: str):
    for head in ("", "operation,model,per,credits\n"):
        said, prices = outcome(head + text)
        assert len(said) < 2000
        assert all(name in CATALOGUE.operations for name, _ in prices)
        assert (said == "") or not prices


def outcome(text: str) -> tuple[str, dict[tuple[str, str], ListedPrice]]:
    try:
        return "", read_price_file(text, CATALOGUE)
    except InputError as error:
        return error.sentence, {}


def test_a_spreadsheet_s_own_forms_are_read():
    prices = read("credits;Operation;per;note", "1,5; video.generate ;SECOND;x", ";;;", '"12";image.generate;;')
    assert prices == {
        (TIMED, ""): ListedPrice(credits=Decimal("1.5"), per=PriceUnit.SECOND),
        ("image.generate", ""): ListedPrice(credits=Decimal(12)),
    }


def test_a_model_s_name_is_read_as_its_id_and_a_formula_as_text():
    prices = read("operation,model,credits", "image.generate,GPT Image 2,30", "image.generate,'=1+1,2")
    assert list(prices) == [("image.generate", "gptimage2"), ("image.generate", "=1+1")]
    assert b"'=1+1" in write_price_file(prices)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("image.generat,,job,1", "no operation"),
        ("image.generate,,hour,1", "per `job` or `output`."),
        ("image.generate,,second,1", "per `job` or `output`."),
        ("prompt.enhance.image,,job,1", "always costs 1 credit"),
        ("image.generate,,job,-1", "a number from 0"),
        ("image.generate,,job,NaN", "a number from 0"),
        ('image.generate,,job,"1,200"', "a number from 0"),
        ("image.generate,,job,", "a number from 0"),
        ("image.generate,a\u200bb,job,1", "can't be shown"),
        (f"image.generate,{'a' * 101},job,1", "100 characters"),
        ("video.upscale,,job,2", "already"),
    ],
)
def test_one_wrong_line_refuses_all_and_is_named(line: str, why: str):
    said = refusal("operation,model,per,credits", "video.upscale,,job,1", line)
    assert said.startswith("No price was changed.")
    assert "Line 3: " in said
    assert why in said


def test_the_first_wrong_lines_are_named_and_the_others_counted():
    said = refusal("operation,credits", *["image.generate,x"] * 9)
    assert said.count("Line ") == 5
    assert said.endswith("4 more lines have errors.")


def test_a_list_that_is_too_long_or_no_list_is_refused():
    lines = [f"image.generate,model {number},1" for number in range(PRICES_MAX + 1)]
    assert len(read("operation,model,credits", *lines[:-1])) == PRICES_MAX
    assert "up to 200" in refusal("operation,model,credits", *lines)
    assert "must name each of these columns" in refusal("image.generate,12")
    assert "must name each of these columns" in refusal("operation,credits,credits", "image.generate,1,2")
    assert "must name each of these columns" in refusal("")
    assert "each of these columns" in refusal("operation,credits", '"image.generate,1')
    assert read("operation,credits") == {}


@pytest.mark.parametrize(
    ("per", "size", "outputs", "cost"),
    [
        ("job", 5.0, 3, "1.5"),
        ("output", 5.0, 3, "4.5"),
        ("second", 5.0, 3, "22.5"),
        ("second", 1.0001, 1, "1.501"),
        ("second", None, 3, None),
    ],
)
def test_a_line_is_for_the_job_for_each_result_or_for_each_second(
    per: str, size: float | None, outputs: int, cost: str | None
):
    price = ListedPrice(credits=Decimal("1.5"), per=PriceUnit(per))
    found = price.of_job(PriceFactors(size=size, outputs=outputs))
    assert found == (None if cost is None else Decimal(cost))
