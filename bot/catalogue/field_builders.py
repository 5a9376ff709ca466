"""Short builders for the catalogue's fields, and the values that several operations share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.catalogue.fields import Field, FieldKind, Probe, Scalar, TextShape
from bot.catalogue.texts import ASKED_BY_THE_API
from bot.domain.models import MediaKind

IMAGE = frozenset({MediaKind.IMAGE})
VIDEO = frozenset({MediaKind.VIDEO})
AUDIO = frozenset({MediaKind.AUDIO})

SORA_SECONDS = (4, 8, 12, 16, 20)
"""Documented on the pages of `video.generate` and `sora2.video.extend`."""

SORA_SECONDS_BY_MODEL: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({"*sora*": SORA_SECONDS})
"""The id of Sora 2 on `video.generate` is not public; every id seen for it contains this word."""

GPT_IMAGE_RESOLUTIONS: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({"gptimage2": ("1K", "2K", "4K")})
"""Documented on the pages of `image.generate` and `image.edit`."""

SHARE = (0.0, 1.0)
"""The usual range of a weight: nothing of it to all of it. The docs' examples are all inside."""

ASPECT_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
"""The first three are documented on the pages; the same models accept the other two elsewhere."""


def text(name: str, label: str, about: str, *, required: bool = False, seen: tuple[str, ...] = ()) -> Field:
    """Return a field for text; `seen` are values to suggest."""
    return Field(name=name, kind=FieldKind.TEXT, required=required, label=label, help=about, suggestions=seen)


def ratio(name: str, label: str, about: str, *, seen: tuple[str, ...]) -> Field:
    """Return a field for a width to a height; `seen` are values to suggest."""
    return replace(text(name, label, about, seen=seen), shape=TextShape.RATIO)


def identifier(name: str, label: str, about: str, *, required: bool = False) -> Field:
    """Return a field for an id that a provider gave."""
    return replace(text(name, label, about, required=required), shape=TextShape.ID)


def number(
    name: str,
    label: str,
    about: str,
    *,
    unit: str = "",
    seen: tuple[float, ...] = (),
    probe: Probe | None = None,
    usual: tuple[float, float] | None = None,
) -> Field:
    """Return a field for a number of `unit`; `probe` says from which file it can be read; `usual` is as in Field."""
    return Field(
        name=name,
        kind=FieldKind.NUMBER,
        label=label,
        help=about,
        unit=unit,
        suggestions=seen,
        probe=probe,
        usual=usual,
    )


def link(name: str, label: str, about: str, media: frozenset[MediaKind], *, required: bool = False) -> Field:
    """Return a field for a link to a file of one of the kinds `media`."""
    return Field(name=name, kind=FieldKind.URL, required=required, label=label, help=about, media=media)


def links(name: str, label: str, about: str, media: frozenset[MediaKind]) -> Field:
    """Return a field for a list of links to files of the kinds `media`."""
    return Field(name=name, kind=FieldKind.URLS, label=label, help=about, media=media)


def flag(name: str, label: str, about: str) -> Field:
    """Return a field for yes or no."""
    return Field(name=name, kind=FieldKind.BOOLEAN, label=label, help=about)


def seed(about: str) -> Field:
    """Return the field `seed`."""
    return Field(name="seed", kind=FieldKind.INTEGER, label="seed", help=about)


def undocumented_field(name: str) -> Field:
    """Return a required field that only the API's own refusal has named: any text."""
    label = name.replace("_", " ")
    return text(name, label, ASKED_BY_THE_API.message, required=True)
