"""What the answers to members' words say, in one place: reworded without touching logic."""

CONTINUE = "Continue"
EXPIRED = "This offer is over. Mention me again with what you want."
NOT_YOURS = "Only who wrote that message can press this. Mention me yourself to make your own."
CANNOT_SEE_FILES = (
    "Discord does not show me files in other people's messages. Right-click that message → Apps, or mention me with "
    "the file attached."
)
NOTHING_THERE = "There is no result on that message. Reply to a picture, a video or a sound of mine."
FILES_NOT_AGAIN = "“Again” and “vary” are for results of mine: reply to one."
PRICE_FIRST = "You see the price first, and nothing is spent before you say yes."

MAKES = {
    "image.generate": "🎨 A new picture",
    "image.edit": "✏️ A change of this picture",
    "video.generate": "🎬 A video",
    "video.upscale": "⬆️ A larger, sharper video",
    "subtitles.generate": "💬 Subtitles for this video",
    "soundfx.generate": "🔊 A sound effect",
    "music.generate": "🎵 Music",
    "narration.generate": "🗣️ Your text, read aloud",
    "lipsync.generate": "👄 A lip-synced video",
    "sora2.video.remix": "🎬 A remix of this video",
}
AGAIN, VARY = "🔁 The same again", "🎲 A variation"


def unusable(names: str) -> str:
    """Refuse attached files; `names` is harmless."""
    return f"{names} is no picture, video or sound. Attach one of these, or only write."


def offer(makes: str, ratio: str) -> str:
    """Offer what was understood; `ratio` is '' or as in 16:9."""
    return f"{makes}{f' in {ratio}' if ratio else ''}? {PRICE_FIRST}"
