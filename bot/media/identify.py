"""What a file is, by its content: from its first bytes, and where those leave it open, from its container's headers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.errors import MediaEmpty, MediaWrongKind
from bot.media import texts
from bot.media.containers.facts import ContainerFacts, facts_of
from bot.media.containers.pieces import Span
from bot.media.other_files import other_file
from bot.media.sniff import Sniffed, sniff, without_picture

_AT_ONCE_BYTES: Final = 256 * 1024
_LINKED_ONLY: Final[Sniffed] = (MediaKind.FILE, "application/octet-stream", "")


def identified(head: bytes, expect: Collection[MediaKind] | None, link: str = "") -> Sniffed:
    """Return what a file is by its first bytes, perhaps a video that turns out to have sound only.

    Files of other kinds are known only where one is expected, and may be media all the same; `link` is where the file
    is from. Raises MediaWrongKind if it can be none of the kinds in `expect`, or nothing that the bot knows.
    """
    if not head:
        raise MediaEmpty(texts.EMPTY)
    takes_any = MediaKind.FILE in (expect or ())
    found = sniff(head) or (other_file(head, link) if takes_any else None)
    if found is None:
        raise MediaWrongKind(texts.unknown_kind(expect or SOURCE_KINDS))
    if takes_any:
        return found
    if found[0] is not MediaKind.VIDEO or MediaKind.AUDIO not in (expect or ()):
        require_kind(found, expect)
    return found


def looked_at(head: bytes, expect: Collection[MediaKind] | None, link: str) -> Sniffed:
    """Return what a file is that is only checked: where any file is expected, one that is never attached too."""
    if head and MediaKind.FILE in (expect or ()):
        return sniff(head) or other_file(head, link) or _LINKED_ONLY
    return identified(head, expect)


def require_kind(found: Sniffed, expect: Collection[MediaKind] | None) -> None:
    """Raise MediaWrongKind if a file is none of the kinds in `expect`; a file of any kind is a file."""
    if expect is not None and MediaKind.FILE not in expect and found[0] not in expect:
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
