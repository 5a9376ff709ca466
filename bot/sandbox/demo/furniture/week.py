"""What the members did in the week before the demo starts, oldest first."""

from __future__ import annotations

from bot.sandbox.demo.furniture import texts
from bot.sandbox.demo.furniture.deeds import DAY_S, HOUR_S, AddedReaction, Deed, PressedButton, RanCommand, WroteMessage
from bot.sandbox.demo.furniture.history import WRITTEN
from bot.sandbox.demo.furniture.server import AFTER_DARK, POSTCARD

WIDE = "16:9"
CLIP = {"duration": 4, "resolution": "480p"}


def _picture(
    ago_s: float, who: str, prompt: str, *, card: str = "", ratio: str = WIDE, room: str = "studio"
) -> RanCommand:
    options = {"prompt": prompt, "aspect_ratio": ratio}
    return RanCommand(ago_s=ago_s, who=who, command="image generate", options=options, card=card, room=room)


WEEK: tuple[Deed, ...] = (
    _picture(6.4 * DAY_S, "ada", texts.DOOR, card="door"),
    WroteMessage(ago_s=6.39 * DAY_S, who="ada", text=texts.SAID_DOOR),
    PressedButton(ago_s=6.3 * DAY_S, who="bo", card="door", action="again", made="other door"),
    WroteMessage(ago_s=6.29 * DAY_S, who="bo", text=texts.SAID_LOVELY),
    AddedReaction(ago_s=6.2 * DAY_S, who="cleo", card="door", emoji="⭐"),
    AddedReaction(ago_s=6.2 * DAY_S, who="dara", card="door", emoji="⭐"),
    _picture(5.5 * DAY_S, "cleo", texts.HARBOUR, card="harbour"),
    AddedReaction(ago_s=5.4 * DAY_S, who="ada", card="harbour", emoji="⭐"),
    AddedReaction(ago_s=5.4 * DAY_S, who="bo", card="harbour", emoji="⭐"),
    _picture(5.35 * DAY_S, "eli", texts.GARDEN),
    WroteMessage(ago_s=5.3 * DAY_S, who="morgan", text=texts.SAID_RATE),
    RanCommand(
        ago_s=4.6 * DAY_S, who="dara", command="video generate", from_card="harbour", card="harbour film",
        options={"prompt": texts.HARBOUR_FILM, **CLIP},
    ),
    WroteMessage(ago_s=4.59 * DAY_S, who="dara", text=texts.SAID_FILM),
    _picture(3.7 * DAY_S, "eli", texts.LAMP),
    WroteMessage(ago_s=3.69 * DAY_S, who="eli", text=texts.SAID_FAIL),
    WroteMessage(ago_s=3.68 * DAY_S, who="morgan", text=texts.SAID_FREE),
    _picture(3.6 * DAY_S, "cleo", texts.MARKET),
    RanCommand(
        ago_s=3.55 * DAY_S, who="morgan", command="quota grant",
        options={"member": "@eli", "credits": 50, "note": texts.GRANT_NOTE},
    ),
    _picture(3.52 * DAY_S, "eli", texts.POSTER, ratio="4:3"),
    _picture(3.5 * DAY_S, "eli", texts.FOX, card="fox"),
    RanCommand(
        ago_s=2.6 * DAY_S, who="bo", command="audio narration",
        options={"text": texts.WELCOME_LINE}, room=AFTER_DARK,
    ),
    _picture(2.5 * DAY_S, "bo", texts.NEON, card="neon", room=AFTER_DARK),
    PressedButton(ago_s=1.6 * DAY_S, who="cleo", card="door", action="vary", made="door variant"),
    RanCommand(
        ago_s=1.4 * DAY_S, who="dara", command="recipe run", card="postcard",
        options={"recipe": POSTCARD, WRITTEN: texts.PLACE},
    ),
    WroteMessage(ago_s=1.3 * DAY_S, who="dara", text=texts.SAID_POSTCARD),
    _picture(0.6 * DAY_S, "dara", texts.TOWER),
    _picture(4 * HOUR_S, "cleo", texts.DESERT, card="desert"),
    AddedReaction(ago_s=3 * HOUR_S, who="eli", card="desert", emoji="⭐"),
    _picture(2 * HOUR_S, "ada", texts.LAKE, card="lake"),
    AddedReaction(ago_s=1.8 * HOUR_S, who="bo", card="lake", emoji="⭐"),
    AddedReaction(ago_s=1.8 * HOUR_S, who="cleo", card="lake", emoji="⭐"),
    RanCommand(
        ago_s=0.4 * HOUR_S, who="bo", command="video generate", waits=True,
        options={"prompt": texts.SERIES, "duration": 20},
    ),
    WroteMessage(ago_s=0.38 * HOUR_S, who="bo", text=texts.SAID_WAITS),
)  # fmt: skip
