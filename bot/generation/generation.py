"""What a member wants made: one operation with its values and files, as a command, form or control gives it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.domain.spend_request import ShownPrice
from bot.generation.sources import SourceRef
from bot.jobs.card_spec import JobSpec

_NOT_IN_DRAFTS = frozenset({"files", "agreed", "labelled"})
"""What `to_draft` does not write by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that a member gave for the field `field`, or, with `by_kind`, for the field that fits its kind."""

    ref: SourceRef
    label: str
    field: str | None = None
    by_kind: Mapping[MediaKind, str] = dataclasses.field(default_factory=dict)
    kinds: frozenset[MediaKind] = SOURCE_KINDS
    """What it may be if the catalogue does not know what the field takes."""
    into_list: bool = False
    """Whether the field takes a list of links, to which this one is added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a command, a form or a control requests: one operation with its values and files, `count` times."""

    operation: str
    values: Mapping[str, Any]
    files: Sequence[SourceFile] = ()
    count: int = 1
    private: bool = False
    spoiler: bool = False
    """Whether its files are to be marked as spoilers."""
    enhance: bool = False
    parent_id: str | None = None
    before: Sequence[JobSpec] = ()
    """The steps before it on its card."""
    fill: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Which of its fields are outputs of the steps before, as in JobSpec."""
    reseed: bool = False
    """Whether each gets a random seed of its own, where the operation has one."""
    repeats: str = ""
    """The unconfirmed job that this tries again, as in JobSpec."""
    label: str = ""
    """The recipe that this is a run of."""
    agreed: ShownPrice | None = None
    """The price that the member has said yes to; None: none was shown."""
    pressed: bool = False
    """Whether the press of a control requests it, as in CardSpec."""
    labelled: Decimal | None = None
    """The price that its label told, as in CardSpec."""
    extra: Sequence[str] = dataclasses.field(default_factory=list)
    """Fields of its own input that no document names, as in JobSpec."""
    raw: bool = False
    """Whether its input is sent as a moderator typed it, as in JobSpec."""
    accepted: Sequence[str] = dataclasses.field(default_factory=list)
    """The keys of the cautions that the member has said yes to; in a draft: those that a yes will accept, too."""
    sample_of: str = ""
    """The voice of which it is the sample, as in CardSpec."""
    typed: bool = False
    """Whether a member typed it, so that their own preset and defaults fill in what they left out."""
    style: str = ""
    """What is added to its prompt, which is still to be typed."""
    may_pay_twice: bool = False
    """Whether the member has agreed to that, as in CardSpec; in a draft: whether a yes will do so."""
    asked: bool = False
    """Whether the member asks a moderator to allow it, as in CardSpec."""

    def to_draft(self, shown: ShownPrice | None = None) -> dict[str, Any]:
        """Return it as JSON values; the links of files that were checked are in the values already.

        `shown` is the price that a yes to the draft agrees to.
        """
        names = [each.name for each in dataclasses.fields(self) if each.name not in _NOT_IN_DRAFTS]
        before = [_as_dict(each) for each in self.before]
        price = None if shown is None else {"credits": str(shown.credits), "known": shown.known}
        files = [_file_as_dict(each) for each in self.files]
        return {name: getattr(self, name) for name in names} | {"before": before, "files": files, "shown": price}

    @classmethod
    def from_draft(cls, data: Mapping[str, Any]) -> Generation:
        """Return what `to_draft` wrote, with a yes to the price that was shown."""
        values = {name: value for name, value in data.items() if name != "shown"}
        price = data.get("shown")
        agreed = None if price is None else ShownPrice(credits=Decimal(price["credits"]), known=price["known"])
        before = [JobSpec(**step) for step in data["before"]]
        files = [_file_of(each) for each in data.get("files", ())]
        return cls(**{**values, "before": before, "files": files}, agreed=agreed)


def _as_dict(spec: JobSpec) -> dict[str, Any]:
    return {each.name: getattr(spec, each.name) for each in dataclasses.fields(spec)}


def _file_as_dict(file: SourceFile) -> dict[str, Any]:
    return {
        "attachment": None if file.ref.attachment is None else list(file.ref.attachment),
        "url": file.ref.url,
        "job_id": file.ref.job_id,
        "label": file.label,
        "field": file.field,
        "by_kind": {kind.value: name for kind, name in file.by_kind.items()},
        "kinds": sorted(file.kinds),
        "into_list": file.into_list,
    }


def _file_of(data: Mapping[str, Any]) -> SourceFile:
    upload = data["attachment"]
    return SourceFile(
        ref=SourceRef(
            attachment=None if upload is None else (upload[0], upload[1]), url=data["url"], job_id=data["job_id"]
        ),
        label=data["label"],
        field=data["field"],
        by_kind={MediaKind(kind): name for kind, name in data["by_kind"].items()},
        kinds=frozenset(map(MediaKind, data["kinds"])),
        into_list=data["into_list"],
    )
