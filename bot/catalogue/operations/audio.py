"""The operations that make audio, as their pages in the API's docs describe them."""

from __future__ import annotations

from bot.catalogue.field_builders import SHARE, VIDEO, flag, identifier, link, number, seed, text
from bot.catalogue.operation import Model, Operation, Output
from bot.domain.models import MediaKind

MUSIC = Operation(
    id="music.generate",
    title="Generate Music",
    workflow="audio",
    fields=(
        text("prompt", "prompt", "What it sounds like, e.g. slow piano, rain on a window", required=True),
        text("provider", "provider", "Who makes it: kie brings the Suno models", seen=("kie",)),
        text("title", "title", "The name of the piece, e.g. Rain on Tin"),
        text("mode", "mode", "How the prompt is used, e.g. auto", seen=("auto",)),
        text("style", "style", "Genre and mood, e.g. lo-fi, melancholic, 80 bpm"),
        text("model", "model", "Which model plays it, e.g. V5 (Suno, through kie)"),
        flag("custom_mode", "custom mode", "Whether you steer lyrics and style yourself (kie)"),
        flag("instrumental", "instrumental", "Whether there is no singing"),
        text("vocal_gender", "vocal gender", "The voice that sings: m or f", seen=("m", "f")),
        number("style_weight", "style weight", "How closely the style is followed, e.g. 0.65", usual=SHARE),
        number("weirdness_constraint", "weirdness", "How far it may stray from the usual, e.g. 0.5", usual=SHARE),
        number("audio_weight", "audio weight", "How much a given sound counts, e.g. 0.65", usual=SHARE),
        identifier("persona_id", "persona", "The id of a saved voice and style, from the provider"),
        number(
            "duration_seconds", "duration", "How long, in seconds, e.g. 45", unit="seconds", seen=(45,), usual=(1, 600)
        ),
        text("description_prompt", "description", "More words on the sound, for providers that take them apart"),
        text("negative_tags", "negative tags", "What to keep out, with commas between, e.g. drums, vocals"),
        number("prompt_influence", "prompt influence", "How closely the prompt is followed, e.g. 0.5", usual=SHARE),
        seed("A whole number; the same seed gives a similar piece again, e.g. 42"),
    ),
    outputs=(Output(key="audio_url", kind=MediaKind.AUDIO),),
    models=(Model(id="V5", name="Suno V5"),),
    # https://www.cannonstudio.app/developers/docs/operations/music-generate
)

NARRATION = Operation(
    id="narration.generate",
    title="Generate Narration",
    workflow="audio",
    fields=(
        text("text", "text", "The words to speak", required=True),
        text("voice_id", "voice", "The id of the voice, from Cannon Studio's app"),
        text("tone", "tone", "How it is spoken, e.g. calm, excited, whispering"),
        number("stability", "stability", "How even the voice stays, e.g. 0.7", seen=(0.7,), usual=SHARE),
        number(
            "similarity_boost",
            "similarity",
            "How close it stays to the chosen voice, e.g. 0.8",
            seen=(0.8,),
            usual=SHARE,
        ),
        number("speed", "speed", "How fast it is spoken, 1 is normal, e.g. 1.1", seen=(1,), usual=(0.25, 4)),
    ),
    outputs=(Output(key="audio_url", kind=MediaKind.AUDIO),),
    # https://www.cannonstudio.app/developers/docs/operations/narration-generate
)

SOUND_EFFECTS = Operation(
    id="soundfx.generate",
    title="Generate Sound Effects",
    workflow="audio",
    fields=(
        text("prompt", "prompt", "What is heard, e.g. a heavy door falls shut in a stone hall"),
        text("title", "title", "The name of the sound, e.g. Door"),
        text("mode", "mode", "video_context makes the sound for a video", seen=("video_context",)),
        number(
            "duration_seconds", "duration", "How long, in seconds, e.g. 8", unit="seconds", seen=(8,), usual=(0.5, 60)
        ),
        link("video_url", "video", "The video that the sound is made for", VIDEO),
        text("description_prompt", "description", "More words on the sound, or on what the video shows"),
        text("negative_tags", "negative tags", "What to keep out, with commas between, e.g. music, voices"),
        number("prompt_influence", "prompt influence", "How closely the prompt is followed, e.g. 0.5", usual=SHARE),
        seed("A whole number; the same seed gives a similar sound again, e.g. 42"),
    ),
    outputs=(
        Output(key="audio_url", kind=MediaKind.AUDIO),
        Output(key="sfx_video_url", kind=MediaKind.VIDEO),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/soundfx-generate
)

AUDIO_OPERATIONS = (MUSIC, NARRATION, SOUND_EFFECTS)
