"""A result as plain text, for where Discord refuses its files and the card."""

from __future__ import annotations

from bot.delivery import texts
from bot.delivery.discord_facts import CONTENT_CHARS
from bot.delivery.downloads import ResultFiles
from bot.delivery.practice_mark import marked
from bot.domain.harmless_text import harmless_within
from bot.domain.models import Job


def plain_result(title: str, job: Job, results: ResultFiles, *, spoiler: bool, made_with: str = "") -> str:
    """Return the title, how it was made, its links and text, and the job's id, by which the message is found again.

    What does not fit into a message is left out: links from the last on, then the end of the text. Links to what is a
    `spoiler` are hidden as one, so that Discord does not show what they lead to.
    """
    last = marked(texts.plain_footer(job.id), [job])
    lines = [texts.plain_title(title), *([made_with] if made_with else [])]
    room = CONTENT_CHARS - sum(len(line) + 1 for line in lines) - len(last) - 1
    for url in results.links:
        link = f"|| {url} ||" if spoiler else url
        if len(link) < room:
            lines.append(link)
            room -= len(link) + 1
    if results.text is not None and room > 1:
        lines.append(harmless_within(results.text, room - 1))
    return "\n".join([*lines, last])
