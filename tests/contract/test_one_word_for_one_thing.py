"""Messages, sentences for hosts and documents use one word for one thing: the table in docs/design.md."""

from __future__ import annotations

import pytest

from bot.app.host.jobs.texts import WOULD_BE_KEPT, cannot_retry
from cogs.results.texts import POST_IT, RETRY_ALL
from tools import words


def test_everything_that_people_read_uses_the_words_of_the_table() -> None:
    assert words.all_faults() == []


def test_each_row_of_the_table_has_a_word_and_what_is_not_written_instead() -> None:
    assert len(words.rules()) >= 20
    assert all(rule.instead and not rule.never.search("") for rule in words.rules())


@pytest.mark.parametrize("is_message", [True, False])
def test_what_is_not_written_is_found(is_message: bool) -> None:
    said = "Nobody is told: the colour of 5 MiB cannot be refused, switched off or kept in films, pictures and sounds."
    found = [each.split(":")[0] for each in words.faults(said, is_message=is_message)]
    everywhere = ["“refused”", "“cannot”", "“Nobody”", "“MiB”", "“films”", "“told”", "“colour”"]
    of_messages = ["“switched off”", "“pictures”", "“films, pictures and sounds”"]
    assert sorted(found) == sorted(everywhere + of_messages * is_message)


def test_a_row_says_where_it_holds() -> None:
    with pytest.raises(ValueError, match="neither everywhere nor messages"):
        words._rule("sizes", "MB", "`MiB`", "somewhere")


def test_code_is_no_prose() -> None:
    assert words.CODE.sub("X", "Set `cancelled` to {reserved}.") == "Set X to X."


def test_hosts_sentences_are_read_without_docstrings() -> None:
    said = {text for place, text in words.hosts_sentences() if place == "bot/app/host/command_line.py"}
    assert "Restore a backup. Stop the bot first." in said
    assert not any(text.startswith("Add the host's commands") for text in said)


def test_sentences_for_hosts_name_buttons_by_their_labels() -> None:
    assert f"press {RETRY_ALL.message} on its card" in cannot_retry("failed", has_request=False)
    assert f"{POST_IT.message} in /jobs" in WOULD_BE_KEPT
    assert f"{POST_IT.message} in /jobs" in cannot_retry("held", has_request=True)
