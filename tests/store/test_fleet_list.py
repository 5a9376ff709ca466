"""`cannon-bot fleet`: what it prints, as a table and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot import cli
from bot.fleet.host import texts
from bot.fleet.host.listing import list_processes
from bot.fleet.rows import Fleet
from bot.runtime.process import ProcessIdentity
from bot.settings import Settings
from bot.store import Store

pytestmark = pytest.mark.sqlite_only("the file of one bot; tests/fleet has several processes")


def identity(name: str, **facts: str) -> ProcessIdentity:
    known = {"role": "worker", "version": "1.0", "revision": "abc"} | facts
    return ProcessIdentity(name=name, host="box", pid=7, **known)


async def test_the_only_process_is_one_line_and_leads(store: Store, clock: Any, path: Any):
    await store.processes.register(identity("all-1@box", role="all"), is_only=True)
    clock.now += 4
    [found] = list_processes(Settings(database=path), clock)
    assert texts.processes([found]).splitlines() == [
        "PROCESS    HOST  PID  ROLE  VERSION    SHARDS  JOBS  SEEN     STATE",
        "all-1@box  box   7    all   1.0 (abc)  -       0     4 s ago  running, leader",
    ]
    assert json.loads(json.dumps(found))["silent_s"] == 4.0


async def test_what_others_got_of_a_dead_process_is_said(store: Store, clock: Any, path: Any):
    await store.processes.register(identity("g1@box", role="all"), is_only=False)
    await store.leases.hold("lease", 8)
    await store.rows(Fleet).join("g1@box", wanted=2, recommended=2)
    await store.rows(Fleet).keep("g1@box")
    clock.now += 8.2
    await store.processes.register(identity("g2@box", role="all"), is_only=False)
    await store.leases.take_over("other")
    await store.rows(Fleet).join("g2@box", wanted=2, recommended=2)
    await store.rows(Fleet).keep("g2@box")
    found = list_processes(Settings(database=path), clock)
    said = texts.processes(found)
    assert "g1@box died: 0 jobs and 2 shards were free for the others after 8.2 s, noticed by g2@box." in said
    assert json.loads(json.dumps(found))[1]["taken_over"]["shards"] == 2


async def test_two_versions_and_no_leader_are_said(store: Store, clock: Any, path: Any):
    await store.processes.register(identity("w1@box"), is_only=False)
    await store.processes.register(identity("w2@box", version="1.1"), is_only=False)
    said = texts.processes(list_processes(Settings(database=path), clock))
    assert "Several versions are running: 1.0 (abc), 1.1 (abc)." in said
    assert "No running process is the leader" in said


async def test_a_dead_process_of_another_version_is_no_trouble(store: Store, clock: Any, path: Any):
    await store.processes.register(identity("all-1@box", version="0.9"), is_only=True)
    await store.processes.register(identity("all-2@box"), is_only=True)
    found = list_processes(Settings(database=path), clock)
    assert [each["state"] for each in found] == ["running", "died"]
    assert texts.troubles(found) == []


def test_a_database_without_processes_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Any):
    monkeypatch.setenv("DATABASE", str(tmp_path / "none.db"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["fleet"]) == 78
    assert "There is no database" in capsys.readouterr().err
    assert texts.processes([]) == texts.NO_PROCESS
