"""Forms ask with radio groups where there is nothing to type, and take up to ten files where the API takes a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue, Field, FieldKind
from bot.delivery.answers.command_payload import file_types
from bot.domain.models import MediaKind
from cogs.ui.forms import FILES_PER_UPLOAD, MediaUpload
from cogs.workflows.asked.form import LEFT_OUT, OPTIONS_MAX, chosen_in, radio_for

CATALOGUE = Catalogue()
DURATION = CATALOGUE.get("sora2.video.edit").field("duration")
WATERMARK = CATALOGUE.get("video.generate").field("watermark")
RESOLUTION = CATALOGUE.get("image.generate").field("resolution")


def labels(field: Field, text: str = "", model: str | None = None) -> list[str]:
    found = radio_for(field, text, model=model)
    return [] if found is None else [each.label for each in found.options]


def test_a_closed_list_and_yes_or_no_are_chosen_and_other_values_are_typed():
    assert labels(DURATION) == ["4 seconds", "8 seconds", "12 seconds", "16 seconds", "20 seconds", "Don't set it"]
    assert labels(WATERMARK) == ["Yes", "No", "Don't set it"]
    assert labels(replace(WATERMARK, required=True)) == ["Yes", "No"]
    assert labels(RESOLUTION) == []
    assert labels(RESOLUTION, model="gpt-image-2") == ["1K", "2K", "4K", "Don't set it"]
    assert labels(CATALOGUE.get("image.generate").field("prompt")) == []
    assert labels(DURATION, text="5") == []  # what is there already and is not in the list can be corrected


@pytest.mark.long
@given(st.lists(st.text(min_size=1, max_size=120), max_size=15, unique=True), st.booleans(), st.data())
def test_a_radio_group_is_within_discords_limits_and_gives_back_what_was_there(
    values: list[str], required: bool, data: Any
):
    field = Field(name="x", kind=FieldKind.TEXT, label="x", help="x", choices=tuple(values), required=required)
    text = data.draw(st.sampled_from(["", *values]))
    radio = radio_for(field, text, model=None)
    if radio is None:
        return
    assert 2 <= len(radio.options) <= OPTIONS_MAX
    assert all(1 <= len(each.label) <= 100 for each in radio.options)
    default = [each.value for each in radio.options if each.default]
    assert default == ([text] if text else [] if required else [LEFT_OUT])
    radio._value = default[0] if default else None
    assert chosen_in(radio) == text


def test_an_upload_in_a_form_is_filtered_too_and_a_list_takes_ten():
    one = MediaUpload({MediaKind.AUDIO}, custom_id="audio_url")
    many = MediaUpload({MediaKind.IMAGE}, max_values=FILES_PER_UPLOAD, custom_id="image_urls")
    assert one.to_component_dict()["file_types"] == list(file_types({MediaKind.AUDIO}))
    assert (one.max_values, many.max_values) == (1, 10)
    assert "file_types" not in MediaUpload((), custom_id="file").to_component_dict()
