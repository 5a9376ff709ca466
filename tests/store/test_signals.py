from __future__ import annotations

from tests.support.signals import Bus


def test_a_signal_reaches_the_listeners_of_its_name_at_once():
    signals, heard = Bus().processes[0], []
    signals.listen("hint", heard.append)
    signals.listen("hint", lambda job_id: heard.append(f"{job_id} too"))
    signals.listen("wake", lambda: heard.append("woken"))

    signals.send("hint", "job-1")

    assert heard == ["job-1", "job-1 too"]


def test_a_listener_that_fails_keeps_nobody_from_hearing_and_the_sender_from_nothing():
    signals, heard = Bus().processes[0], []
    signals.listen("hint", lambda _job_id: 1 / 0)
    signals.listen("hint", heard.append)

    signals.send("hint", "job-1")
    signals.send("unheard", "of")

    assert heard == ["job-1"]
