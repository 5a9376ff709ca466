"""Simulated pictures show what the prompt names, edits keep it, and the seed decides the rest."""

from __future__ import annotations

import dataclasses

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from bot.domain.words.orders import Variation, varying_picture, with_orders
from sandbox.media.scenes import Composition
from sandbox.media.words import HOURS, SETTINGS, SUBJECTS, Scene, edited, scene_of

SMALL = (96, 96)


def drawn(scene: Scene, size: tuple[int, int] = SMALL) -> Image.Image:
    return Composition(scene, size).picture()


def distance(first: Image.Image, second: Image.Image) -> float:
    """How much two pictures differ: the mean of all channels, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def outlines(picture: Image.Image) -> Image.Image:
    """The edges of a picture, whatever its light."""
    return ImageOps.equalize(picture.convert("L")).filter(ImageFilter.FIND_EDGES).convert("RGB")


def brightness(picture: Image.Image) -> float:
    return ImageStat.Stat(picture.convert("L")).mean[0]


def on_the_wire(variation: Variation, prompt: str) -> str:
    """The prompt that the bot sends for a variant."""
    return str(with_orders({"prompt": prompt}, varying_picture(variation, prompt).orders)["prompt"])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_named_subject_is_seen(subject: str) -> None:
    scene = scene_of(f"a {subject.rsplit(maxsplit=1)[-1]}" if subject != "fishing boat" else "a harbor", 1)
    assert scene.subject == subject
    without = dataclasses.replace(scene, subject=None)
    assert distance(drawn(scene), drawn(without)) > 0.5


@pytest.mark.parametrize(
    ("prompt", "subject", "setting", "hour"),
    [
        ("Two foxes in a forest at night", "fox", "forest", "night"),
        ("ein Leuchtturm am Meer bei Sonnenuntergang", "lighthouse", "sea", "sunset"),
        ("une cabane dans la montagne, un village, la nuit", "village", "mountains", "night"),
        ("un tren en el desierto al amanecer", "train", "desert", "dawn"),
        ("um gato na cidade à noite", "cat", "city", "night"),
        ("夜の森のキツネ", "fox", "forest", "night"),
        ("A cat on a piano at noon", "cat", "interior", "noon"),
        ("A still mountain lake at dusk", None, "lake", "dusk"),
    ],
)
def test_the_words_of_six_languages_are_understood(prompt: str, subject: str | None, setting: str, hour: str) -> None:
    scene = scene_of(prompt, 1)
    assert (scene.subject, scene.setting, scene.hour) == (subject, setting, hour)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_hours_of_a_setting_differ_and_night_is_darker_than_noon(setting: str) -> None:
    base = scene_of("x", 1)
    seen = {hour: drawn(dataclasses.replace(base, setting=setting, hour=hour)) for hour in HOURS}
    assert len({picture.tobytes() for picture in seen.values()}) == len(HOURS)
    assert brightness(seen["night"]) < 0.75 * brightness(seen["noon"])


@pytest.mark.parametrize("order", ["make it night", "Mach es Nacht", "夜にして"])
def test_an_edit_by_hour_keeps_the_composition(order: str) -> None:
    for setting in ("sea", "forest", "desert"):
        before = dataclasses.replace(scene_of("a fox at noon", 5), setting=setting)
        after = edited(before, order, 9)
        assert after == dataclasses.replace(before, hour="night")
        assert brightness(drawn(after)) < 0.75 * brightness(drawn(before))
        other = dataclasses.replace(after, layout="elsewhere")
        size = (256, 256)
        kept = distance(outlines(drawn(after, size)), outlines(drawn(before, size)))
        assert kept < 0.85 * distance(outlines(drawn(other, size)), outlines(drawn(before, size)))


@pytest.mark.parametrize(
    "order", ["snow", "red", "fog", "in the rain", "sunset", "wider", "closer", "add a boat", "drama"]
)
def test_each_edit_is_seen_and_adds_to_the_ones_before(order: str) -> None:
    before = edited(scene_of("a lighthouse at noon", 5), "make it dawn", 6)
    after = edited(before, order, 7)
    assert after.subject == "lighthouse"
    assert after.layout == before.layout
    assert order == "sunset" or after.hour == "dawn"
    assert distance(drawn(after), drawn(before)) > 0.7


def test_a_variation_has_the_same_subject_and_a_strong_one_another_composition() -> None:
    scene = scene_of("a lighthouse in fog", 5)
    subtle = edited(scene, on_the_wire(Variation.SUBTLE, "a lighthouse in fog"), 8)
    strong = edited(scene, on_the_wire(Variation.STRONG, "a lighthouse in fog"), 8)
    assert subtle.subject == strong.subject == "lighthouse"
    assert (subtle.layout, subtle.hour) == (scene.layout, scene.hour)
    assert strong.layout != scene.layout
    assert 0 < distance(drawn(subtle), drawn(scene)) < distance(drawn(strong), drawn(scene))


@pytest.mark.parametrize("variation", [Variation.SUBTLE, Variation.STRONG])
def test_each_variation_keeps_the_requested_hour_place_and_colour(variation: Variation) -> None:
    prompt = "a red fox in a forest at night"
    scene = kept = scene_of(prompt, 5)
    for seed in range(6):
        kept = edited(kept, on_the_wire(variation, prompt), seed)
        assert (kept.hour, kept.setting, kept.coat) == (scene.hour, scene.setting, scene.coat)


def test_the_largest_picture_takes_few_large_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs time is enlarging for smooth edges: bounded in pixels, whatever the machine."""
    enlarged = 0
    resize = Image.Image.resize

    def counted(self: Image.Image, size: tuple[int, int], *args: object, **more: object) -> Image.Image:
        nonlocal enlarged
        enlarged += size[0] * size[1]
        return resize(self, size, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Image.Image, "resize", counted)
    for prompt in (
        "a lighthouse in fog at night",
        "a train in a desert",
        "mountains",
        "a robot in a neon city in rain",
    ):
        enlarged = 0
        drawn(scene_of(prompt, 3), (512, 512))
        assert enlarged < 16 * 512 * 512, prompt
