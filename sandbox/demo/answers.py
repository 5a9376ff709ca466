"""A simulated member's hands: they press the answers that a question of the bot needs, up to the public card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simcord.actors import MemberActor
    from simcord.builders import UserHandle
    from simcord.results import InteractionResult

    from sandbox.demo.simulation import ResponseMessage

YES = ("c1:confirm:", "c1:pay_server:", "c1:vary_strong:")
"""The buttons that answer a question."""


async def answered(who: MemberActor | UserHandle, shown: InteractionResult) -> ResponseMessage | None:
    """Answer all questions; return the public message in the end, None without one."""
    while (question := _asked(shown)) is not None:
        shown = await who.click(question[0], custom_id=question[1])
    return next((answer for answer in _answers(shown) if not answer.ephemeral), None)


async def filled(who: MemberActor, shown: InteractionResult, *written: str) -> InteractionResult:
    """Submit the form that a command has opened, with these texts in its fields."""
    if shown.modal is None:
        return shown
    return await who.submit_modal(shown, dict(zip(_fields(shown.modal), written, strict=True)))


def control(components: Sequence[Any], *begins: str) -> str | None:
    """Return the custom id of the first button or select whose id begins so; None without one."""
    return next((name for name in _ids(components) if name.startswith(begins)), None)


def _fields(modal: dict[str, Any]) -> list[str]:
    rows = [row for row in modal["components"] if "component" in row or "components" in row]
    return [(row.get("component") or row["components"][0])["custom_id"] for row in rows]


def _answers(shown: InteractionResult) -> list[ResponseMessage]:
    return [answer for answer in (shown.response, *shown.followups) if answer is not None]


def _asked(shown: InteractionResult) -> tuple[ResponseMessage, str] | None:
    """Return the message with a question and the custom id of the answer, None without a question."""
    for answer in _answers(shown):
        if answer.ephemeral and (yes := control(answer.components, *YES)) is not None:
            return answer, yes
    return None


def _ids(components: Sequence[Any]) -> Iterator[str]:
    """All custom ids, of nested components too."""
    for each in components:
        if isinstance(name := each.get("custom_id"), str):
            yield name
        inner = [*each.get("components", ()), *([each["accessory"]] if "accessory" in each else ())]
        yield from _ids(inner)
