"""Ends of products: from the day after, by operation and by model, and what is over then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalogue import Catalogue, Model, merge
from bot.catalogue.checks.cautions import cautions_of, ended_models, passed_end, with_end
from bot.catalogue.operation import SORA_END, End

CATALOGUE = Catalogue()
SORA, VIDEO, IMAGE = (CATALOGUE.get(key) for key in ("sora2.character.generate", "video.generate", "image.generate"))


def at(day: int, hour: int = 12) -> float:
    return datetime(2026, 9, day, hour, tzinfo=UTC).timestamp()


def test_an_end_has_passed_from_the_day_after() -> None:
    assert passed_end(SORA, None, at(24, 23)) is None
    assert passed_end(SORA, None, at(25, 0)) == SORA_END == End("Sora 2", "2026-09-24")


@pytest.mark.parametrize(("model", "ends"), [("sora-2", True), ("Sora 2", True), ("veo-3.1", False), (None, False)])
def test_an_end_of_a_model_concerns_those_who_choose_it(model: str | None, ends: bool) -> None:
    assert (passed_end(VIDEO, model, at(25)) is not None) is ends
    assert passed_end(VIDEO, model, at(24)) is None


def test_a_model_may_be_anything_that_was_sent() -> None:
    assert [passed_end(VIDEO, model, at(25)) for model in ("", 7, ["sora-2"], "?!")] == [None] * 4


def test_every_model_with_a_date_is_found_and_no_other() -> None:
    old = Model(id="old-1", name="Old", end=End("Old", "2026-01-01"))
    assert ended_models(replace(IMAGE, models=(*IMAGE.models, old)), at(1)) == [old]
    assert [each.name for each in ended_models(VIDEO, at(25))] == ["Sora 2"]
    assert ended_models(IMAGE, at(25)) == []


def test_it_is_over_once_its_end_has_passed_and_the_live_list_lacks_it() -> None:
    gone = replace(SORA, offered=False)
    assert [each.is_over(now) for each in (SORA, gone) for now in (at(24), at(25))] == [False, False, False, True]
    assert not replace(VIDEO, offered=False).is_over(at(25))


def test_the_end_is_the_one_caution_about_what_is_over() -> None:
    gone, now = replace(SORA, offered=False), at(25)
    [caution] = with_end(cautions_of(gone, {}), gone, {}, now)
    assert caution.key == "ended:Sora 2"
    assert len(with_end(cautions_of(gone, {}), gone, {}, at(24))) == 1
    assert with_end([], VIDEO, {"model": "Veo 3.1"}, now) == []


def branch(operation: str, models: list[str]) -> dict[str, object]:
    given = {"properties": {"model": {"type": "string", "enum": models}}} if models else {}
    return {"properties": {"operation": {"const": operation}, "input": given}}


@pytest.mark.parametrize(
    ("sora", "models", "offered"), [(True, [], True), (False, [], False), (False, ["sora-2", "veo31"], True)]
)
def test_a_model_of_a_gone_product_is_offered_only_if_it_is_listed(
    sora: bool, models: list[str], offered: bool
) -> None:
    named = [key for key in CATALOGUE.operations if sora or not key.startswith("sora2.")]
    schema = {"oneOf": [branch(key, models if key == VIDEO.id else []) for key in named]}
    create = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    read = merge(CATALOGUE, {"paths": {"/api/v1/requests": {"post": create}}})
    found = [each for each in read.get(VIDEO.id).models if each.name == "Sora 2"]
    assert [each.offered for each in found] == [offered]
    assert read.get(SORA.id).offered is sora
