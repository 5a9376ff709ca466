"""Operations of the sandbox that no page of the API's docs names, as a vendor adds some from time to time."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalogue.field_builders import IMAGE, flag, link
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation, Output
from bot.domain.models import MediaKind

_UPSCALE = Operation(
    id="image.upscale",
    title="Upscale Image",
    workflow="image",
    fields=(
        link("image_url", "image", "The image to enlarge", IMAGE, required=True),
        Field(name="scale", kind=FieldKind.INTEGER, label="scale", help="How many times larger", choices=(2, 4)),
        flag("face_enhance", "face repair", "Whether faces are repaired"),
    ),
    outputs=(Output(key="image_url", kind=MediaKind.IMAGE),),
)

UNDOCUMENTED: Mapping[str, Operation] = {_UPSCALE.id: _UPSCALE}
"""Invented, by id."""
