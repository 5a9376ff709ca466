"""What hosts read of a fleet: in the terminal, in reports, in the log and in metrics. English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.app.host.texts import age, count, in_columns

OTHER_SHARD_COUNT = (
    "The fleet runs with {is_now} shards, and this process would with {ours}. To change the number, set "
    "SHARD_COUNT for all processes, and stop all gateways before you start them again."
).format

SHARDS_HELD = "How many of the fleet's shards this process holds."

# ---------------------------------------------------------------------- the list of processes

NO_PROCESS = "No process of the bot runs on this database, or ran in the last hour."
TAKEN_OVER = "{name} died: {jobs} and {shards} were free for the others after {after} s, noticed by {by}.".format
NO_LEADER = "No running process is the leader: periodic work rests until one is."
SEVERAL_VERSIONS = "Several versions are running: {versions}.".format


def processes(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the processes as lines, and what is wrong with them."""
    if not found:
        return NO_PROCESS
    lines: list[tuple[str, ...]] = [("PROCESS", "HOST", "PID", "ROLE", "VERSION", "SHARDS", "JOBS", "SEEN", "STATE")]
    total = sum(each["jobs"] for each in found)
    for each in found:
        state = f"{each['state']}, leader" if each["is_leader"] else str(each["state"])
        seen = f"{age(each['silent_s'])} ago"
        shards = " ".join(map(str, each["shards"])) or "-"
        own = tuple(str(each[name]) for name in ("name", "host", "pid", "role"))
        share = f" ({each['jobs'] / total:.0%})" if each["jobs"] and len(found) > 1 else ""
        lines.append((*own, version(each), shards, f"{each['jobs']}{share}", seen, state))
    return "\n".join([in_columns(lines), *takeovers(found), *troubles(found)])


def takeovers(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each process that died: what others got, and how soon."""
    return [
        TAKEN_OVER(
            name=each["name"],
            jobs=count(taken["jobs"], "job"),
            shards=count(taken["shards"], "shard"),
            after=f"{taken['after_s']:.1f}",
            by=taken["by"],
        )
        for each in found
        if (taken := each["taken_over"]) is not None
    ]


def troubles(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each thing that is wrong with the running processes."""
    running = [each for each in found if each["state"] == "running"]
    versions = sorted({version(each) for each in running})
    found_wrong = [SEVERAL_VERSIONS(versions=", ".join(versions))] if len(versions) > 1 else []
    is_led = any(each["is_leader"] for each in running)
    return found_wrong if is_led or not running else [*found_wrong, NO_LEADER]


def version(process: Mapping[str, Any]) -> str:
    return f"{process['version']} ({process['revision']})"
