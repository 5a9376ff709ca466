"""What a generation still lacks: required fields, also those that only the API has named. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.catalogue import OPERATIONS, Field, Operation, undocumented_field
from bot.catalogue.cautions import Caution, needed_key, undocumented_key
from bot.generation.generation import Generation


def lacking(operation: Operation, names: Collection[str], accepted: Collection[str] = ()) -> list[Field]:
    """Return the operation's fields of these names, in its order; those that it has not as fields for text.

    A field may be left empty where the doubt whether it is needed is among the `accepted` ones.
    """
    known = {field.name: field for field in operation.fields}
    there = [
        replace(field, required=needed_key(operation, field.name) not in accepted)
        for field in operation.fields
        if field.name in names
    ]
    return [*there, *(undocumented_field(name) for name in names if name not in known)]


def described_as_needed(operation: Operation, cautions: Collection[Caution]) -> list[str]:
    """Return the fields that only Cannon Studio's document says are needed, and for which no command has an option."""
    built_in = {field.name for each in OPERATIONS if each.id == operation.id for field in each.fields}
    doubts = {each.key for each in cautions}
    names = [field.name for field in operation.fields if needed_key(operation, field.name) in doubts]
    return [name for name in names if built_in and name not in built_in]


def named_as_missing(operation: Operation, names: Collection[str], given: Collection[str | None]) -> list[Field]:
    """Return the fields that the API has named as missing, without those that were given."""
    known = {field.name for field in operation.fields}
    fitting = [name for name in names if name not in given]
    return lacking(operation, [name for name in fitting if name in known or name.isidentifier()])


def asked_again(generation: Generation, operation: Operation, fields: Collection[Field]) -> Generation:
    """Return the generation with room for fields that the API itself has named: no doubt is left about those."""
    known = {field.name for field in operation.fields}
    extra = [field.name for field in fields if field.name not in known]
    keys = [undocumented_key(operation, name) for name in extra]
    return replace(generation, extra=[*generation.extra, *extra], accepted=[*generation.accepted, *keys])


def undocumented_names(operation: Operation | None, values: Mapping[str, Any]) -> list[str]:
    """Return the names in an input that the operation has no field for; [] where its fields are not public."""
    if operation is None or not operation.fields:
        return []
    known = {field.name for field in operation.fields}
    return [name for name in values if name not in known]
