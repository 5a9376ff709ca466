"""The recipes that come with the bot. What they say of themselves is English here."""

from __future__ import annotations

from dataclasses import replace

from bot.generation import texts
from bot.generation.recipes import Parameter, Recipe, parse_steps
from bot.language import tr

_PROMPT = Parameter(name="prompt", about=texts.TRAILER_PROMPT.message)

BUILT_IN: tuple[Recipe, ...] = (
    Recipe(
        name="trailer",
        about=texts.TRAILER.message,
        parameters=(_PROMPT,),
        steps=parse_steps(
            """
            prompt.enhance.image
            prompt: {prompt}
            aspectRatio: 16:9

            image.generate
            prompt: {1.enhancedPrompt}
            aspect_ratio: 16:9

            video.generate
            prompt: {prompt}
            image_url: {2.image_url}
            aspect_ratio: 16:9

            soundfx.generate
            prompt: {prompt}
            video_url: {3.video_url}
            mode: video_context

            subtitles.generate
            video_url: {4.sfx_video_url}
            """
        ),
        built_in=True,
    ),
    Recipe(
        name="talking portrait",
        about=texts.TALKING_PORTRAIT.message,
        parameters=(
            Parameter(name="portrait", about=texts.PORTRAIT.message),
            Parameter(name="text", about=texts.PORTRAIT_TEXT.message),
        ),
        steps=parse_steps(
            """
            image.generate
            prompt: {portrait}
            aspect_ratio: 1:1

            narration.generate
            text: {text}

            smartmotion.generate
            file_url: {1.image_url}
            prompt: the face moves a little, as if speaking
            duration: 6

            lipsync.generate
            video_url: {3.video_url}
            audio_url: {2.audio_url}
            """
        ),
        built_in=True,
    ),
    Recipe(
        name="polish",
        about=texts.POLISH.message,
        parameters=(Parameter(name="video", about=texts.POLISHED_VIDEO.message),),
        steps=parse_steps(
            """
            video.upscale
            video_url: {video}

            subtitles.generate
            video_url: {1.video_url}
            """
        ),
        built_in=True,
    ),
)


def built_in() -> tuple[Recipe, ...]:
    """Return them with what they say of themselves in the language that is spoken."""
    return tuple(
        replace(
            each,
            about=tr(each.about),
            parameters=tuple(replace(parameter, about=tr(parameter.about)) for parameter in each.parameters),
        )
        for each in BUILT_IN
    )
