"""Announced ends: from the day after, by operation and by model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalogue import Catalogue, Model
from bot.catalogue.checks.cautions import PassedEnd, passed_end, passed_models

CATALOGUE = Catalogue()
SORA, VIDEO, IMAGE = (CATALOGUE.get(key) for key in ("sora2.character.generate", "video.generate", "image.generate"))


def at(day: int, hour: int = 12) -> float:
    return datetime(2026, 9, day, hour, tzinfo=UTC).timestamp()


def test_an_end_has_passed_from_the_day_after() -> None:
    assert passed_end(SORA, None, at(24, 23)) is None
    assert passed_end(SORA, None, at(25, 0)) == PassedEnd(name=SORA.title, date="2026-09-24")


@pytest.mark.parametrize(("model", "ends"), [("sora-2", True), ("Sora 2", True), ("veo-3.1", False), (None, False)])
def test_an_end_of_a_model_concerns_those_who_choose_it(model: str | None, ends: bool) -> None:
    assert (passed_end(VIDEO, model, at(25)) is not None) is ends
    assert passed_end(VIDEO, model, at(24)) is None


def test_a_model_may_be_anything_that_was_sent() -> None:
    assert [passed_end(VIDEO, model, at(25)) for model in ("", 7, ["sora-2"], "?!")] == [None] * 4


def test_every_model_with_a_date_is_found_and_no_other() -> None:
    more = replace(IMAGE, models=(*IMAGE.models, Model(id="old-1", name="Old", ends="2026-01-01")))
    assert passed_models(more, at(1)) == [PassedEnd(name="Old", date="2026-01-01")]
    assert [each.name for each in passed_models(VIDEO, at(25))] == ["Sora 2"]
    assert passed_models(IMAGE, at(25)) == []
