"""Prompt operations, from their pages in the API's docs.

Their fields are camelCase on the wire, unlike media operations'.
"""

from __future__ import annotations

from decimal import Decimal

from bot.catalogue.fields import ASPECT_RATIOS, number, ratio, text
from bot.catalogue.operation import Operation, Output

ENHANCED = (Output(key="enhancedPrompt", kind=None),)
ONE_CREDIT = Decimal(1)
"""Documented for three of the four; the fourth, for locations, has no public page."""

PROMPT = text("prompt", "prompt", "The prompt to improve; it stays in its language", required=True)
STYLE = text("visualStyle", "visual style", "The look you want, e.g. film noir, watercolor")
ASPECT_RATIO = ratio("aspectRatio", "aspect ratio", "Aspect ratio you plan to use, e.g. 16:9", seen=ASPECT_RATIOS)
REWRITE = text("rewriteRequest", "rewrite request", "How to change the prompt, e.g. shorter, with more light")

FOR_IMAGE = Operation(
    id="prompt.enhance.image",
    title="Enhance Image Prompt",
    workflow="prompt",
    fields=(PROMPT, STYLE, ASPECT_RATIO, REWRITE),
    outputs=ENHANCED,
    fixed_credits=ONE_CREDIT,
    # https://www.cannonstudio.app/developers/docs/operations/prompt-enhance-image
)

FOR_VIDEO = Operation(
    id="prompt.enhance.video",
    title="Enhance Video Prompt",
    workflow="prompt",
    fields=(
        PROMPT,
        STYLE,
        number("duration", "duration", "Length of the planned video in seconds, e.g. 8", unit="seconds", seen=(8,)),
        ASPECT_RATIO,
        REWRITE,
    ),
    outputs=ENHANCED,
    fixed_credits=ONE_CREDIT,
    # https://www.cannonstudio.app/developers/docs/operations/prompt-enhance-video
)

FOR_VARIANT = Operation(
    id="prompt.enhance.variant",
    title="Enhance Variant Prompt",
    workflow="prompt",
    fields=(PROMPT, REWRITE),
    outputs=ENHANCED,
    fixed_credits=ONE_CREDIT,
    # https://www.cannonstudio.app/developers/docs/operations/prompt-enhance-variant
)

FOR_LOCATION = Operation(
    id="prompt.enhance.location",
    title="Enhance Location Prompt",
    workflow="prompt",
    fields=(PROMPT, STYLE, ASPECT_RATIO, REWRITE),
    outputs=ENHANCED,
    fixed_credits=ONE_CREDIT,
    id_documented=False,
)
"""Only the title is public: id, fields, output and price are deduced from the other three."""

PROMPT_OPERATIONS = (FOR_IMAGE, FOR_VIDEO, FOR_VARIANT, FOR_LOCATION)
