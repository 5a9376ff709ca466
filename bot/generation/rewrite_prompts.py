"""What the models that edit images and rewrite prompts are told. No person reads it, so it is English alone.

A member's own words are put behind it.
"""

from __future__ import annotations

SUBTLE_REWRITE = "Keep the subject and the composition. Change only small details, such as the light or the colours."
STRONG_REWRITE = "Keep the subject only. Change the composition, the setting and the mood boldly."
LOOK_REWRITE = "Keep the character's identity, face and pose. Change what they wear, its colours and materials."
SUBTLE_VIDEO_REWRITE = (
    "This describes a video. Keep the subject, what happens and the framing. Change only small details, such as the "
    "light, the colours or the pace."
)
STRONG_VIDEO_REWRITE = (
    "This describes a video. Keep the subject only. Change the setting, the camera's movement, the pace and the mood "
    "boldly."
)
SUBTLE_MUSIC_REWRITE = (
    "This describes music. Keep its genre and theme, and any lyrics word for word. Change only small details of the "
    "sound, such as the tempo, one instrument or the mood."
)
STRONG_MUSIC_REWRITE = (
    "This describes music. Keep its theme only, and any lyrics word for word. Change genre, tempo, instruments and "
    "mood boldly. Describe nothing that is seen."
)
SUBTLE_SOUND_REWRITE = (
    "This describes a sound. Keep what is heard. Change only small details, such as how near, how loud or in what kind "
    "of room it is."
)
STRONG_SOUND_REWRITE = (
    "This describes a sound. Keep only what makes it. Change its character, its surroundings and its course boldly. "
    "Describe nothing that is seen."
)
ENHANCE_MUSIC = (
    "This describes music. Make it a richer description: genre, tempo, instruments, mood, how the piece develops. Keep "
    "any lyrics word for word. Describe nothing that is seen."
)
ENHANCE_SOUND = (
    "This describes a sound. Make it a richer description: what makes it, how near it is, the room, how it begins and "
    "ends. Describe nothing that is seen."
)


def varied(instruction: str, prompt: str) -> str:
    """Return the prompt that edits an image into a variant; `prompt`: what the image was made from, '' for none."""
    return f"{instruction} The picture shows: {prompt}" if prompt else instruction


def reshape(ratio: str) -> str:
    """Return the prompt of an edit that changes nothing but the format; `ratio` as in 16:9."""
    return f"Keep the picture as it is and continue the scene to fill {ratio}."
