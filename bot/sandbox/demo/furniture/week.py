"""What the members did in the week before the demo starts, oldest first."""

from __future__ import annotations

from bot.sandbox.demo.furniture import texts
from bot.sandbox.demo.furniture.acts import DAY_S, HOUR_S, Act, Pressed, Ran, Reacted, Said
from bot.sandbox.demo.furniture.history import WRITTEN
from bot.sandbox.demo.furniture.server import AFTER_DARK, POSTCARD

WIDE = "16:9"
CLIP = {"duration": 4, "resolution": "480p"}


def _picture(ago_s: float, who: str, prompt: str, *, card: str = "", ratio: str = WIDE, room: str = "studio") -> Ran:
    options = {"prompt": prompt, "aspect_ratio": ratio}
    return Ran(ago_s=ago_s, who=who, command="image generate", options=options, card=card, room=room)


def _prompt(ago_s: float, who: str) -> Ran:
    return Ran(ago_s=ago_s, who=who, command="prompt image", options={"prompt": texts.IDEA}, room=AFTER_DARK)


WEEK: tuple[Act, ...] = (
    _picture(6.4 * DAY_S, "ada", texts.DOOR, card="door"),
    Said(ago_s=6.39 * DAY_S, who="ada", text=texts.SAID_DOOR),
    Pressed(ago_s=6.3 * DAY_S, who="bo", card="door", action="again", made="other door"),
    Said(ago_s=6.29 * DAY_S, who="bo", text=texts.SAID_LOVELY),
    Reacted(ago_s=6.2 * DAY_S, who="cleo", card="door", emoji="⭐"),
    Reacted(ago_s=6.2 * DAY_S, who="dara", card="door", emoji="⭐"),
    _picture(5.5 * DAY_S, "cleo", texts.HARBOUR, card="harbour"),
    Reacted(ago_s=5.4 * DAY_S, who="ada", card="harbour", emoji="⭐"),
    Reacted(ago_s=5.4 * DAY_S, who="bo", card="harbour", emoji="⭐"),
    Said(ago_s=5.3 * DAY_S, who="morgan", text=texts.SAID_RATE),
    Ran(
        ago_s=4.6 * DAY_S, who="dara", command="video generate", from_card="harbour", card="harbour film",
        options={"prompt": texts.HARBOUR_FILM, **CLIP},
    ),
    Said(ago_s=4.59 * DAY_S, who="dara", text=texts.SAID_FILM),
    _picture(3.7 * DAY_S, "eli", texts.LAMP),
    Said(ago_s=3.69 * DAY_S, who="eli", text=texts.SAID_FAIL),
    Said(ago_s=3.68 * DAY_S, who="morgan", text=texts.SAID_FREE),
    _picture(3.5 * DAY_S, "eli", texts.FOX, card="fox"),
    Ran(
        ago_s=2.6 * DAY_S, who="bo", command="audio narration",
        options={"text": texts.WELCOME_LINE}, room=AFTER_DARK,
    ),
    _picture(2.5 * DAY_S, "bo", texts.NEON, card="neon", room=AFTER_DARK),
    Pressed(ago_s=1.6 * DAY_S, who="cleo", card="door", action="vary", made="door variant"),
    Ran(
        ago_s=1.4 * DAY_S, who="dara", command="recipe run", card="postcard",
        options={"recipe": POSTCARD.name, WRITTEN: texts.PLACE},
    ),
    Said(ago_s=1.3 * DAY_S, who="dara", text=texts.SAID_POSTCARD),
    _picture(4 * HOUR_S, "cleo", texts.DESERT, card="desert"),
    Reacted(ago_s=3 * HOUR_S, who="eli", card="desert", emoji="⭐"),
    _picture(2 * HOUR_S, "ada", texts.LAKE, card="lake"),
    Reacted(ago_s=1.8 * HOUR_S, who="bo", card="lake", emoji="⭐"),
    Reacted(ago_s=1.8 * HOUR_S, who="cleo", card="lake", emoji="⭐"),
    Ran(
        ago_s=0.4 * HOUR_S, who="bo", command="video generate", waits=True,
        options={"prompt": texts.SERIES, "duration": 20},
    ),
    Said(ago_s=0.38 * HOUR_S, who="bo", text=texts.SAID_WAITS),
)  # fmt: skip
