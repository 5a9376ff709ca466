"""What moderators do on the pages of `/studio settings` and on `/quota show`, by its controls as Discord sends them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.support.rig import Rig
from tests.support.surface import fill, inputs, panel_text, parts

SETTINGS = "studio settings"
STRING_SELECT = 3
"""Discord's number of this component."""


async def opened(rig: Rig, page: str, who: Any = None) -> Any:
    """Open `/studio settings` at a page; return its message."""
    who = who or rig.moderator
    shown = await who.slash(rig.channel, SETTINGS)
    shown = await who.select(shown.response, [page], custom_id="c1:set_page:access")
    return shown.response


def page_text(message: Any) -> str:
    """Return what a page says below its title, one of an embed too."""
    if message.embeds:
        return str(message.embeds[0].description)
    return panel_text(message).partition("\n")[2]


def page_facts(message: Any) -> dict[str, str]:
    """Return what a page says of each setting by its name, also what its select shows as chosen."""
    found: dict[str, str] = {}
    name = ""
    for said, is_chosen in _said([row if isinstance(row, dict) else row.to_dict() for row in message.components]):
        for line in said.splitlines():
            if heading := re.fullmatch(r"\*\*(.+)\*\*", line):
                name = heading[1]
                found[name] = ""
            elif name and not (is_chosen and found[name]):
                found[name] = "\n".join(filter(None, [found[name], line]))
    return found


_MARKS = {"role": "<@&{}>", "channel": "<#{}>", "user": "<@{}>"}


def _said(components: Iterable[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a page, and what each select shows, from top to bottom; whether it is the second."""
    for each in components:
        yield each.get("content", ""), False
        options = [one["label"] for one in each.get("options", ()) if one.get("default")]
        values = [_MARKS[one["type"]].format(one["id"]) for one in each.get("default_values") or ()]
        yield "\n".join(options) or ", ".join(values) or each.get("placeholder", ""), True
        yield from _said(each.get("components", ()))


async def choose(rig: Rig, message: Any, action: str, value: Any, who: Any = None) -> Any:
    """Choose in the page's select that does `action`."""
    return await (who or rig.moderator).select(message, [value], custom_id=_custom_id(message, action))


async def press(rig: Rig, message: Any, action: str, who: Any = None) -> Any:
    """Press the page's button that does `action`."""
    return await (who or rig.moderator).click(message, custom_id=_custom_id(message, action))


async def send(rig: Rig, shown: Any, who: Any = None, **values: Any) -> Any:
    """Send a form that was shown, as it is filled in but for `values`, by label with `_` for spaces.

    A sentence in place of a form is returned as it is.
    """
    if shown.modal is None:
        return shown
    given = {}
    for label, item in inputs(shown).items():
        if label.replace(" ", "_").replace("?", "") in values:
            given[label] = values.pop(label.replace(" ", "_").replace("?", ""))
        elif (standing := _standing(item)) is not None:
            given[label] = standing
    assert not values, (values, list(inputs(shown)))
    return await (who or rig.moderator).submit_modal(shown, fill(shown, given))


def _standing(item: dict[str, Any]) -> Any:
    """Return what an input has before anything is typed or chosen; None for nothing."""
    chosen = [each["value"] for each in item.get("options") or () if each.get("default")]
    if chosen:
        return chosen if item["type"] == STRING_SELECT else chosen[0]
    return item.get("value")


def _custom_id(message: Any, action: str) -> str:
    ids = [str(item.get("custom_id")) for item in parts(message)]
    return next(each for each in ids if each.startswith(f"c1:{action}:"))


# ---------------------------------------------------------------------- blocked members


async def block_member(rig: Rig, member: Any, *, who: Any = None, **values: Any) -> Any:
    """Block a member; `values` are `Another_duration` and `Reason`."""
    panel = await opened(rig, "blocked", who)
    return await send(rig, await choose(rig, panel, "block_member", member, who), who, **values)


async def unblock_member(rig: Rig, member: Any) -> Any:
    return await choose(rig, await opened(rig, "blocked"), "unblock_member", str(member.id))


# ---------------------------------------------------------------------- operations


async def switch_operation(rig: Rig, operation: str, state: str, *, action: str = "operation_switch") -> Any:
    """Switch an operation on or off."""
    return await choose(rig, await opened(rig, "operations"), action, f"{state} {operation}")


# ---------------------------------------------------------------------- prices


async def set_price(rig: Rig, operation: str, **values: Any) -> Any:
    """Set a price, or remove it with `Credits=""`; `values` are `Model`, `The_price_is_for` and `Credits`."""
    return await send(rig, await choose(rig, await opened(rig, "prices"), "price_choose", operation), **values)


async def send_prices(rig: Rig, data: bytes) -> Any:
    """Upload a price list."""
    shown = await press(rig, await opened(rig, "prices"), "price_upload")
    return await send(rig, shown, CSV_file=[("prices.csv", data)])


# ---------------------------------------------------------------------- reactions


async def let_act(rig: Rig, *actions: str, page: Any = None) -> Any:
    """Let the emojis of these actions do something, and no others."""
    page = page or await opened(rig, "reactions")
    return await rig.moderator.select(page, list(actions), custom_id="c1:set_choice:reactions")


async def seed_emojis(rig: Rig, seeds: str) -> Any:
    """Set which emojis the bot puts on results."""
    page = await opened(rig, "reactions")
    return await rig.moderator.select(page, [seeds], custom_id="c1:set_choice:seeds")


# ---------------------------------------------------------------------- review and gallery


async def set_review(rig: Rig, channel: Any, only_in: Any = None, who: Any = None) -> Any:
    """Have results reviewed in a channel: all of them, or those from `only_in`."""
    who = who or rig.moderator
    return await send_review(
        rig, await press(rig, await opened(rig, "review", who), "review_add", who), channel, only_in, who
    )


async def send_review(rig: Rig, shown: Any, channel: Any, only_in: Any = None, who: Any = None) -> Any:
    """Send the form of a review that was shown; a sentence in place of it is returned as it is."""
    if shown.modal is None:
        return shown
    who = who or rig.moderator
    place, scope = (each["custom_id"] for each in inputs(shown).values())
    return await who.submit_modal(shown, {place: [channel], **({} if only_in is None else {scope: [only_in]})})


async def end_review(rig: Rig, only_in: Any = None) -> Any:
    where = "0" if only_in is None else str(only_in.id)
    return await choose(rig, await opened(rig, "review"), "review_end", where)


async def set_gallery(rig: Rig, channel: Any, stars: int | None = None) -> Any:
    """Show results with enough stars in a channel."""
    page = await opened(rig, "gallery")
    if stars is not None:
        await send(rig, await press(rig, page, "set_form"), Stars_that_a_result_needs=str(stars))
    return await rig.moderator.select(page, [channel], custom_id="c1:set_channels:gallery_channel")


async def end_gallery(rig: Rig) -> Any:
    page = await opened(rig, "gallery")
    return await rig.moderator.select(page, [], custom_id="c1:set_channels:gallery_channel")


# ---------------------------------------------------------------------- limits


async def remove_limit(rig: Rig, limit_id: str) -> Any:
    """Remove a limit on the panel of `/quota show`."""
    shown = await rig.moderator.slash(rig.channel, "quota show")
    asked = await choose(rig, shown.response, "limit_choose", limit_id)
    if asked.response is None or asked.response.content.startswith("⚠️"):
        return asked
    return await press(rig, asked.response, "limit_remove")
