"""Members give by name what a command takes: as an option if it is shown, else in the form that `more` opens."""

from __future__ import annotations

from typing import Any

from simcord import interactions
from simcord.actors import MemberActor

REST, LABEL = "rest", 18
"""The input with a line for each field; Discord's number of the component around an input."""
ABOUT_REQUEST = {"count", "enhance"}
_slash, _autocomplete = MemberActor.slash, MemberActor.autocomplete


def shown(actor: Any, channel: Any, command: str) -> set[str]:
    """Return the options of a command as Discord has them."""
    first, *rest = command.split()
    root = actor._resolve_root(first, 1, channel.id)
    leaf, _ = interactions.walk_to_subcommand(root, rest)
    return {option["name"] for option in leaf.get("options") or []}


def filled(form: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return a form as it is sent, with these values by path: each in its own input or in its line."""
    found = {row["component"]["custom_id"]: row["component"] for row in form["components"] if row["type"] == LABEL}
    sent: dict[str, Any] = {name: each["value"] for name, each in found.items() if each.get("value")}
    lines = sent.get(REST, "").splitlines()
    for given, value in values.items():
        path = f"@{given}" if given in ABOUT_REQUEST else given
        name = next((each for each in found if path in {each, each.rpartition(".")[2]}), path)
        is_file = isinstance(value, (tuple, list))
        if name in found and (is_file or "max_values" not in found[name]):
            sent[name] = value if is_file else _text(value)
        else:
            assert REST in found, (path, sorted(found))
            lines.append(f"{path}: {_text(value)}")
    return {**sent, **({REST: "\n".join(lines)} if REST in found else {})}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def slash(actor: Any, channel: Any, command: str, /, **given: Any) -> Any:
    """Use a command; a trailing `_` keeps a name such as `from_` apart from Python's words.

    A command such as "prompt for:image" has an option in its name, as members type it.
    """
    command, _, chosen = command.partition(" for:")
    options = {name.removesuffix("_"): value for name, value in given.items()} | ({"for": chosen} if chosen else {})
    known = shown(actor, channel, command)
    rest = {name: value for name, value in options.items() if name not in known}
    if not rest or not ({"more"} & known or chosen):
        return await _slash(actor, channel, command, **options)
    more = {"more": True} if "more" in known else {}
    form = await _slash(actor, channel, command, **more, **{k: v for k, v in options.items() if k in known})
    if form.modal is None:
        return form
    return await actor.submit_modal(form, filled(form.modal, rest))


async def autocomplete(actor: Any, channel: Any, command: str, option: str, value: str, /, **filled: Any) -> Any:
    """Type into an option, with others filled in by the names that `slash` takes."""
    command, _, chosen = command.partition(" for:")
    options = {name.removesuffix("_"): each for name, each in filled.items()} | ({"for": chosen} if chosen else {})
    return await _autocomplete(actor, channel, command, option, value, **options)


def ask_the_rest_in_the_form() -> None:
    """Let every simulated member do so."""
    MemberActor.slash = slash  # type: ignore[method-assign]
    MemberActor.autocomplete = autocomplete  # type: ignore[method-assign]
