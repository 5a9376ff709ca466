"""Image operations, from their pages in the API's docs."""

from __future__ import annotations

from dataclasses import replace

from bot.catalogue.fields import (
    ASPECT_RATIOS,
    GPT_IMAGE_RESOLUTIONS,
    IMAGE,
    Field,
    FieldKind,
    link,
    links,
    number,
    ratio,
    text,
)
from bot.catalogue.operation import Model, Operation, Output
from bot.domain.models import MediaKind

RESOLUTION = Field(
    name="resolution",
    kind=FieldKind.TEXT,
    label="resolution",
    help="Size, e.g. 1K, 2K, or 4K (GPT Image 2: no 4K at 1:1)",
    choices_by_model=GPT_IMAGE_RESOLUTIONS,
    suggestions=("1K", "2K", "4K"),
)
ASPECT_RATIO = ratio("aspect_ratio", "aspect ratio", "Width to height, e.g. 16:9", seen=ASPECT_RATIOS)

GENERATE = Operation(
    id="image.generate",
    title="Generate Image",
    workflow="image",
    fields=(
        text("prompt", "prompt", "What the image shows, e.g. a lighthouse in fog, oil painting", required=True),
        text("model", "model", "Model, e.g. seedream5 or gptimage2; you can type any model ID"),
        ASPECT_RATIO,
        text("quality", "quality", "Quality level, e.g. high (GPT Image 2)", seen=("high",)),
        RESOLUTION,
        text("style", "style", "The look, in your own words, e.g. watercolor, film noir"),
        links("reference_image_urls", "reference images", "Links to reference images, separated by spaces", IMAGE),
        number(
            "reference_prompt_balance",
            "reference balance",
            "Weight of the reference images against the prompt, e.g. 0.5",
        ),
    ),
    outputs=(
        Output(key="image_url", kind=MediaKind.IMAGE),
        Output(key="image_urls", kind=MediaKind.IMAGE),
        Output(key="provider_image_urls", kind=MediaKind.IMAGE, temporary=True),
    ),
    models=(
        Model(id=None, name="Nano Banana"),
        Model(id=None, name="Nano Banana 2"),
        Model(id=None, name="Wan 2.7 Image"),
        Model(id=None, name="Wan 2.7 Image Pro"),
        Model(id=None, name="Flux 2"),
        Model(id=None, name="Flux 2 Pro"),
        Model(id="gptimage2", name="GPT Image 2"),
        Model(id=None, name="Seedream 4.5"),
        Model(id="seedream5", name="Seedream 5.0 Lite"),
        Model(id=None, name="Grok"),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/image-generate
)

EDIT = Operation(
    id="image.edit",
    title="Edit Image",
    workflow="image",
    fields=(
        text("prompt", "prompt", "What to change, e.g. make it night, with lights in the windows", required=True),
        link("image_url", "image", "Link to the image to edit", IMAGE, required=True),
        text("model", "model", "Model, e.g. gptimage2 or seedream5; you can type any model ID"),
        ASPECT_RATIO,
        replace(RESOLUTION, help="Size: 1K, 2K, or 4K (GPT Image 2: if empty, the largest; no 4K at 1:1)"),
    ),
    outputs=(Output(key="image_url", kind=MediaKind.IMAGE),),
    models=(
        Model(id="seedream5", name="Seedream 5.0 Lite"),
        Model(id=None, name="Nano Banana"),
        Model(id=None, name="Nano Banana 2"),
        Model(id=None, name="Wan 2.7 Image"),
        Model(id=None, name="Wan 2.7 Image Pro"),
        Model(id=None, name="Flux 2"),
        Model(id=None, name="Flux 2 Pro"),
        Model(id="gptimage2", name="GPT Image 2"),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/image-edit
)

IMAGE_OPERATIONS = (GENERATE, EDIT)
