from __future__ import annotations

import pytest

from bot.catalogue import Catalogue, FieldKind, merge
from bot.catalogue.catalogue import NATIVE_ID, field_for, fitting
from bot.domain.models import MediaKind

CATALOGUE = Catalogue()
IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO


@pytest.mark.parametrize(
    ("operation", "kind", "field"),
    [
        ("image.edit", IMAGE, "image_url"),
        ("image.edit", VIDEO, None),
        ("image.generate", IMAGE, "reference_image_urls"),
        ("video.generate", IMAGE, "image_url"),
        ("video.generate", VIDEO, "source_video_url"),
        ("video.generate", AUDIO, "audio_url"),
        ("video.upscale", VIDEO, "video_url"),
        ("video.upscale", IMAGE, None),  # it takes a picture as thumbnail, but what it makes larger is a video
        ("lipsync.generate", VIDEO, "video_url"),
        ("lipsync.generate", AUDIO, "audio_url"),
        ("lipsync.generate", IMAGE, None),
        ("smartmotion.generate", IMAGE, "file_url"),
        ("smartmotion.generate", VIDEO, "file_url"),
        ("narration.generate", AUDIO, None),
    ],
)
def test_a_medium_goes_into_the_field_that_an_operation_is_about(operation: str, kind: MediaKind, field: str | None):
    found = field_for(CATALOGUE.resolve(operation), kind)
    assert (None if found is None else found.name) == field


def test_every_operation_on_a_medium_fits_some_kind_and_no_other_operation_does():
    fit = {each.id for each in fitting(CATALOGUE, list(MediaKind), native=True)}
    linked = {
        each.id
        for each in CATALOGUE.operations.values()
        if any(field.kind in {FieldKind.URL, FieldKind.URLS} for field in each.fields)
    }
    assert fit == linked


def test_soras_own_operations_fit_only_what_sora_made():
    without = {each.id for each in fitting(CATALOGUE, [VIDEO], native=False)}
    with_id = {each.id for each in fitting(CATALOGUE, [VIDEO], native=True)}
    assert with_id - without == {"sora2.video.edit", "sora2.video.extend", "sora2.video.remix"}
    assert all(NATIVE_ID in CATALOGUE.resolve(each).names for each in with_id - without)


def test_an_operation_that_only_the_live_document_knows_fits_too():
    document = {
        "paths": {
            "/api/v1/requests": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "oneOf": [
                                        {
                                            "title": "Restore Film",
                                            "properties": {
                                                "operation": {"const": "video.restore"},
                                                "input": {
                                                    "type": "object",
                                                    "required": ["video_url"],
                                                    "properties": {"video_url": {"type": "string", "format": "uri"}},
                                                },
                                            },
                                        }
                                    ]
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    learned = merge(CATALOGUE, document)
    assert "video.restore" in learned.operations
    restore = learned.resolve("video.restore")
    assert field_for(restore, VIDEO) == restore.field("video_url")
    assert field_for(restore, IMAGE) is None
    assert restore in fitting(learned, [VIDEO], native=False)
