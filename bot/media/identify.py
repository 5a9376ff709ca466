"""What a file is, by its content: from its first bytes, and where those leave it open, from its container's headers."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.domain.models import MediaKind
from bot.errors import MediaWrongKind
from bot.media import texts
from bot.media.containers.facts import ContainerFacts, facts_of
from bot.media.containers.pieces import Span
from bot.media.sniff import Sniffed, sniff, without_picture

_AT_ONCE_BYTES = 256 * 1024


def identified(head: bytes, expect: Collection[MediaKind] | None) -> Sniffed:
    """Return what a file is by its first bytes, perhaps a video that turns out to have sound only.

    Raises MediaWrongKind if that can be none of the kinds in `expect`, or nothing that the bot knows.
    """
    if not head:
        raise MediaWrongKind(texts.EMPTY)
    found = sniff(head)
    if found is None:
        raise MediaWrongKind(texts.unknown_kind(expect or MediaKind))
    if found[0] is not MediaKind.VIDEO or MediaKind.AUDIO not in (expect or ()):
        require_kind(found, expect)
    return found


def require_kind(found: Sniffed, expect: Collection[MediaKind] | None) -> None:
    """Raise MediaWrongKind if a file is none of the kinds in `expect`."""
    if expect is not None and found[0] not in expect:
        raise MediaWrongKind(texts.wrong_kind(found[0], expect))


def refined(found: Sniffed, facts: ContainerFacts) -> Sniffed:
    """Return what a file is after its headers were read."""
    return without_picture(found) if found[0] is MediaKind.VIDEO and facts.has_picture is False else found


def identified_whole(
    found: Sniffed, size: int, read: Callable[[Span], bytes], expect: Collection[MediaKind] | None
) -> Sniffed:
    """Return what a complete file is, after `identified` let its start pass. `read` gives bytes of it.

    Raises MediaWrongKind if it is none of the kinds in `expect`. Headers that are far apart leave it as it was found.
    """
    if found[0] is MediaKind.VIDEO:
        head = read(Span(0, min(_AT_ONCE_BYTES, size)))
        facts = facts_of({0: head}, size)
        if facts.has_picture is None and facts.needs is not None:
            facts = facts_of({0: head, facts.needs.start: read(facts.needs)}, size)
        found = refined(found, facts)
    require_kind(found, expect)
    return found
