"""Audio operations, from their pages in the API's docs."""

from __future__ import annotations

from bot.catalogue.fields import SHARE, VIDEO, flag, identifier, link, number, seed, text
from bot.catalogue.operation import Model, Operation, Output
from bot.domain.models import MediaKind

MUSIC = Operation(
    id="music.generate",
    title="Generate Music",
    workflow="audio",
    fields=(
        text("prompt", "prompt", "What the music sounds like, e.g. slow piano, rain on a window", required=True),
        text("provider", "provider", "Provider, e.g. kie for the Suno models", seen=("kie",)),
        text("title", "title", "Title of the track, e.g. Rain on Tin"),
        text("mode", "mode", "How the prompt is used, e.g. auto", seen=("auto",)),
        text("style", "style", "Genre and mood, e.g. lo-fi, melancholic, 80 bpm"),
        text("model", "model", "Model, e.g. V5 (Suno, through kie)"),
        flag("custom_mode", "custom mode", "Control lyrics and style yourself (kie)"),
        flag("instrumental", "instrumental", "Make it without vocals"),
        text("vocal_gender", "vocal gender", "Singing voice: m (male) or f (female)", seen=("m", "f")),
        number("style_weight", "style weight", "How closely to follow the style, from 0 to 1, e.g. 0.65", usual=SHARE),
        number("weirdness_constraint", "weirdness", "How experimental it may be, from 0 to 1, e.g. 0.5", usual=SHARE),
        number("audio_weight", "audio weight", "Weight of the reference audio, from 0 to 1, e.g. 0.65", usual=SHARE),
        identifier("persona_id", "persona", "ID of a saved voice and style from the provider"),
        number(
            "duration_seconds", "duration", "Length in seconds, e.g. 45", unit="seconds", seen=(45,), usual=(1, 600)
        ),
        text("description_prompt", "description", "More about the sound, for providers with a separate description"),
        text("negative_tags", "negative tags", "What to leave out, separated by commas, e.g. drums, vocals"),
        number(
            "prompt_influence",
            "prompt influence",
            "How closely to follow the prompt, from 0 to 1, e.g. 0.5",
            usual=SHARE,
        ),
        seed("Whole number, e.g. 42; the same seed gives a similar track"),
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
        text("text", "text", "The text to speak", required=True),
        text("voice_id", "voice", "ID of the voice, from the Cannon Studio app"),
        text("tone", "tone", "Tone of voice, e.g. calm, excited, whispering"),
        number("stability", "stability", "How steady the voice is, from 0 to 1, e.g. 0.7", seen=(0.7,), usual=SHARE),
        number(
            "similarity_boost",
            "similarity",
            "How close to the original voice, from 0 to 1, e.g. 0.8",
            seen=(0.8,),
            usual=SHARE,
        ),
        number("speed", "speed", "Speed, e.g. 1.1; 1 is normal", seen=(1,), usual=(0.25, 4)),
    ),
    outputs=(Output(key="audio_url", kind=MediaKind.AUDIO),),
    # https://www.cannonstudio.app/developers/docs/operations/narration-generate
)

SOUND_EFFECTS = Operation(
    id="soundfx.generate",
    title="Generate Sound Effects",
    workflow="audio",
    fields=(
        text("prompt", "prompt", "What you hear, e.g. a heavy door slams in a stone hall"),
        text("title", "title", "Title of the sound effect, e.g. Door"),
        text("mode", "mode", "video_context makes the sound effect match a video", seen=("video_context",)),
        number("duration_seconds", "duration", "Length in seconds, e.g. 8", unit="seconds", seen=(8,), usual=(0.5, 60)),
        link("video_url", "video", "Video to make the sound effect for", VIDEO),
        text("description_prompt", "description", "More about the sound, or about what the video shows"),
        text("negative_tags", "negative tags", "What to leave out, separated by commas, e.g. music, voices"),
        number(
            "prompt_influence",
            "prompt influence",
            "How closely to follow the prompt, from 0 to 1, e.g. 0.5",
            usual=SHARE,
        ),
        seed("Whole number, e.g. 42; the same seed gives a similar sound"),
    ),
    outputs=(Output(key="audio_url", kind=MediaKind.AUDIO), Output(key="sfx_video_url", kind=MediaKind.VIDEO)),
    # https://www.cannonstudio.app/developers/docs/operations/soundfx-generate
)

AUDIO_OPERATIONS = (MUSIC, NARRATION, SOUND_EFFECTS)
