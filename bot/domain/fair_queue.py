"""The order in which jobs that wait for a free slot start. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def fair_order(waiting: Sequence[tuple[str, int, float]], running: Mapping[int, int]) -> list[str]:
    """Return job ids in the order in which they start: round robin between members, oldest first within each.

    `waiting` has (job id, member, created at); `running` how many jobs each member has running. Members with fewer
    running jobs come first, so that one member's twenty jobs do not all precede another's one.
    """
    rank: dict[int, int] = {}
    keyed = []
    for job_id, member, created_at in sorted(waiting, key=lambda each: each[2]):
        rank[member] = rank.get(member, running.get(member, 0)) + 1
        keyed.append((rank[member], created_at, job_id))
    return [job_id for _, _, job_id in sorted(keyed)]
