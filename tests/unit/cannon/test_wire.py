from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon import wire
from bot.cannon.errors import clean, sentence_of
from bot.cannon.outputs import media_of, text_of
from bot.cannon.wire import RemoteStatus
from bot.catalogue import OPERATIONS, Operation, Output
from bot.domain.models import Media, MediaKind
from bot.errors import UnreadableAnswer

BY_ID = {operation.id: operation for operation in OPERATIONS}
A, B, C = (f"https://storage.googleapis.com/bucket/{name}" for name in ("a1.png", "b2.png", "c3.mp4"))
UNKNOWN = Operation(id="new.thing", title="New", workflow="image")


def test_the_documented_image_output_gives_each_picture_once_and_no_temporary_copy():
    output = {
        "task_id": "img_a1",
        "asset_type": "image",
        "status": "succeeded",
        "image_url": A,
        "image_urls": [A, B, A],
        "provider_image_urls": ["https://temp.provider.example/a1.png"],
        "provider": "kie",
        "model": "vendor/some-model",
    }
    assert [item.url for item in media_of(BY_ID["image.generate"], output)] == [A, B]
    assert {item.kind for item in media_of(BY_ID["image.generate"], output)} == {MediaKind.IMAGE}


def test_lipsync_gives_its_video_and_not_the_echo_of_the_sound():
    output = {"asset_type": "video", "video_url": C, "audio_url": "https://x.example/in.mp3"}
    assert media_of(BY_ID["lipsync.generate"], output) == (Media(url=C, kind=MediaKind.VIDEO, key="video_url"),)


def test_an_echo_alone_is_not_taken_for_a_result():
    assert media_of(BY_ID["lipsync.generate"], {"audio_url": "https://x.example/in.mp3"}) == ()


def test_sound_effects_give_the_sound_and_the_video_if_there_is_one():
    output = {"audio_url": "https://x.example/s.mp3", "sfx_video_url": C}
    assert [item.kind for item in media_of(BY_ID["soundfx.generate"], output)] == [MediaKind.AUDIO, MediaKind.VIDEO]


def test_the_outputs_order_is_the_operations():
    operation = Operation(
        id="x",
        title="X",
        workflow="image",
        outputs=(Output(key="b_url", kind=MediaKind.IMAGE), Output(key="a_url", kind=MediaKind.IMAGE)),
    )
    assert [item.url for item in media_of(operation, {"a_url": A, "b_url": B})] == [B, A]


@pytest.mark.parametrize("operation", [UNKNOWN, None])
def test_an_unknown_operation_is_read_by_its_keys(operation):
    output = {
        "panorama_url": B,
        "preview_video_urls": [C],
        "result_url": "https://x.example/song.mp3?sig=1",
        "model_url": "https://x.example/room.glb",
        "source_image_url": A,
        "webhook_url": "https://x.example/hook.png",
        "curl": A,
        "image_url": "javascript:alert(1)",
    }
    found = [(item.key, item.kind) for item in media_of(operation, output)]
    assert found == [
        ("panorama_url", MediaKind.IMAGE),
        ("preview_video_urls", MediaKind.VIDEO),
        ("result_url", MediaKind.AUDIO),
        ("model_url", MediaKind.FILE),
        ("curl", MediaKind.FILE),
    ]


def test_files_that_are_named_by_objects_are_found():
    output = {
        "files": [
            {"format": "glb", "url": "https://x.example/a.glb"},
            {"format": "obj", "url": "https://x.example/a.obj"},
        ],
        "exports": {"usdz": "https://x.example/a.usdz"},
        "viewer": "https://app.example/view/12",
        "credits": {"docs": "https://docs.example/"},
    }
    assert [(each.url, each.kind) for each in media_of(None, output)] == [
        ("https://x.example/a.glb", MediaKind.FILE),
        ("https://x.example/a.obj", MediaKind.FILE),
        ("https://x.example/a.usdz", MediaKind.FILE),
        ("https://app.example/view/12", MediaKind.FILE),
    ]
    assert text_of(None, output) is None


def test_captions_beside_a_video_are_a_file_of_it():
    output = {"video_url": C, "srt_url": "https://x.example/a.SRT?sig=1", "poster_url": A}
    found = media_of(BY_ID["subtitles.generate"], output)
    assert [(each.key, each.kind) for each in found] == [("video_url", MediaKind.VIDEO), ("srt_url", MediaKind.FILE)]


def test_a_new_output_key_of_a_known_operation_is_found_all_the_same():
    assert media_of(BY_ID["video.generate"], {"final_video_url": C})[0].url == C


@pytest.mark.parametrize(
    "value", [None, 7, {}, [], [None, 5, ["x"]], "", "file:///etc/passwd", "https://" + "x" * 9000]
)
def test_what_is_no_link_is_no_medium(value):
    assert media_of(BY_ID["image.generate"], {"image_url": value}) == ()


def test_a_prompt_operation_gives_its_text_and_a_picture_none():
    output = {"enhancedPrompt": " A better prompt. ", "model": "gpt-5-mini", "operation": "prompt.enhance.image"}
    assert text_of(BY_ID["prompt.enhance.image"], output) == "A better prompt."
    assert text_of(None, output) == "A better prompt."
    assert text_of(BY_ID["prompt.enhance.image"], {"enhancedPrompt": "  "}) is None
    assert text_of(BY_ID["image.generate"], {"image_url": A, "model": "x", "task_id": "y"}) is None


def test_an_unknown_status_is_told_as_such_and_is_not_an_end():
    found = wire.progress({"id": "r", "status": "paused"}, "r")
    assert found.status is RemoteStatus.UNKNOWN
    assert not found.status.ended


def test_the_request_log_stands_in_for_an_output_that_is_missing():
    document = {"status": "succeeded", "output": None, "requestLog": {"output": {"image_url": A}}}
    assert wire.progress(document, "r").output == {"image_url": A}
    assert wire.progress({**document, "status": "processing"}, "r").output == {}


@pytest.mark.parametrize("cost", [None, -1, "free", True, [], 1e12])
def test_a_cost_that_is_none_is_unknown(cost):
    assert wire.progress({"status": "succeeded", "billableCredits": cost}, "r").cost is None


def test_a_cost_is_kept_to_a_thousandth():
    assert wire.progress({"status": "succeeded", "billableCredits": 0.1235}, "r").cost == Decimal("0.124")


def test_an_answer_of_another_request_is_refused():
    with pytest.raises(UnreadableAnswer):
        wire.progress({"id": "other", "status": "succeeded"}, "r")


def test_the_failed_ones_sentence_is_clean():
    document = {"status": "failed", "errorMessage": "<b>No</b> GPU\nleft at https://x.example/a?sig=secret"}
    assert wire.progress(document, "r").error == "No GPU left at x.example/a"


def test_a_status_without_a_name_is_told_by_its_number():
    assert sentence_of(b"", None, 799) == "HTTP 799"


@given(st.text(max_size=600))
def test_no_sentence_is_long_or_has_markup_or_control_characters(text):
    found = clean(text)
    assert len(found) <= 200
    assert not set("<>`\n\r\0\x1b\u202e") & set(found)
    found.encode()


@given(st.binary(max_size=300))
def test_no_body_raises(body):
    assert sentence_of(body, None, 500)


def test_what_an_operation_without_public_outputs_made_is_told_in_words_beside_its_media():
    character = {"task_id": "char_1", "status": "succeeded", "asset_type": "character", "character_id": "ch_1"}
    assert text_of(BY_ID["sora2.character.create"], character) == "character_id: ch_1"
    link = "https://media.example/a.glb?signature=a%20b"
    model = {
        "image_url": A,
        "model_url": link,
        "provider": "x",
        "seed": 1,
        "is_rigged": True,
        "parts": [1],
        "faces": 12,
    }
    assert text_of(BY_ID["three_d.model.generate"], model) == "faces: 12"
    assert [each.url for each in media_of(BY_ID["three_d.model.generate"], model)] == [A, link]
    assert text_of(None, {"task_id": "x", "status": "succeeded", "video_url": A}) is None
    assert text_of(None, {"note": "`<b>` \u202e\n"}) is None


@pytest.mark.parametrize(
    ("said", "waited_s"),
    [(2000, 2.0), (0, 0.0), (3_600_001, 3600.001), (-1, None), (True, None), (float("inf"), None)],
)
def test_a_wait_is_read_in_milliseconds(said: object, waited_s: float | None) -> None:
    read = wire.progress({"id": "req_a1", "status": "processing", "poll_after_ms": said}, "req_a1")
    assert read.poll_after_s == waited_s
