"""What one document after the other makes of the catalogue, and what is told of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.catalogue import OPERATIONS, Catalogue, ChangeKind, LiveCatalogue, Subject, describe
from tests.support.forms import FORMS

RENAMED = {
    "image.generate": "images.generate",
    "video.upscale": "video.upscaling",
    "soundfx.generate": "soundfx.generation",
}


def written(shape):
    return json.loads(json.dumps(FORMS[shape](OPERATIONS)))


def without(*ids, **renamed):
    """The built-in operations as a document, without some, and some under other ids."""
    kept = [operation for operation in OPERATIONS if operation.id not in ids]
    return describe(Catalogue([replace(each, id=renamed.get(each.id, each.id)) for each in kept]))


def told(changes, kind, subject):
    return {(change.operation, change.name) for change in changes if (change.kind, change.subject) == (kind, subject)}


async def test_an_operation_that_leaves_the_document_is_told_once_and_comes_back():
    live = LiveCatalogue(Catalogue())
    assert await live.learn(without()) == []
    gone = await live.learn(without("sora2.video.remix", "music.generate"))
    assert [(each.kind, each.subject, each.operation) for each in gone] == [
        (ChangeKind.GONE, Subject.OPERATION, "music.generate"),
        (ChangeKind.GONE, Subject.OPERATION, "sora2.video.remix"),
    ]
    assert not live.current.get("music.generate").offered
    assert live.current.get("music.generate").fields
    assert live.current.check("music.generate", {"prompt": "x"}) == {"prompt": "x"}
    assert await live.learn(without("sora2.video.remix", "music.generate")) == []
    [back] = await live.learn(without("sora2.video.remix"))
    assert (back.kind, back.operation) == (ChangeKind.CAME, "music.generate")
    assert live.current.get("music.generate").offered


async def test_a_few_operations_in_a_document_say_nothing_of_the_others():
    document = without(*(each.id for each in OPERATIONS[4:]))
    live = LiveCatalogue(Catalogue())
    assert await live.learn(document) == []
    assert all(operation.offered for operation in live.current.operations.values())


@pytest.mark.parametrize("document", [None, "x", {}, {"paths": {"/a": {"get": {}}}}, {"components": {"schemas": {}}}])
async def test_a_document_that_names_no_operation_changes_nothing(document):
    live = LiveCatalogue(Catalogue())
    await live.learn(written("parameters"))
    before = live.current
    assert await live.learn(document) == []
    assert live.current is before


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
async def test_a_second_document_leaves_nothing_of_the_first(first, second):
    fresh, live = LiveCatalogue(Catalogue()), LiveCatalogue(Catalogue())
    await fresh.learn(written(second))
    await live.learn(written(first))
    former = live.current
    await live.learn(written(second))
    assert live.current.operations == fresh.current.operations
    for operation in OPERATIONS:  # jobs of any time still find their operation
        assert live.current.resolve(former.resolve(operation.id).id) == fresh.current.resolve(operation.id)
    assert await live.learn(written(second)) == []


@pytest.mark.parametrize("shape", FORMS)
async def test_a_renamed_operation_is_one_operation_in_every_shape(shape):
    live = LiveCatalogue(Catalogue())
    operations = [replace(each, id=RENAMED.get(each.id, each.id)) for each in OPERATIONS]
    changes = await live.learn(FORMS[shape](operations))
    assert told(changes, ChangeKind.CHANGED, Subject.OPERATION) == {(new, old) for old, new in RENAMED.items()}
    assert not told(changes, ChangeKind.CAME, Subject.OPERATION) | told(changes, ChangeKind.GONE, Subject.OPERATION)
    for old, new in RENAMED.items():
        assert live.current.resolve(old).id == new
        assert live.current.resolve(old).outputs == Catalogue().get(old).outputs
        assert old not in live.current.operations


@pytest.mark.parametrize("shape", FORMS)
async def test_a_title_tells_a_renamed_operation_whatever_its_id(shape):
    live = LiveCatalogue(Catalogue())
    operations = [
        replace(each, id="speech.synthesize") if each.id == "narration.generate" else each for each in OPERATIONS
    ]
    await live.learn(FORMS[shape](operations))
    assert live.current.resolve("narration.generate").id == "speech.synthesize"


async def test_an_operation_that_does_something_else_is_no_rename():
    live = LiveCatalogue(Catalogue())
    operations = [each for each in OPERATIONS if each.id != "sora2.video.edit"]
    other = replace(Catalogue().get("sora2.video.edit"), id="sora2.video.expand", title="Expand Sora 2 Video")
    changes = await live.learn(FORMS["constants"]([*operations, other]))
    assert told(changes, ChangeKind.GONE, Subject.OPERATION) == {("sora2.video.edit", "")}
    assert told(changes, ChangeKind.CAME, Subject.OPERATION) == {("sora2.video.expand", "")}
    assert not live.current.resolve("sora2.video.edit").offered


async def test_an_operation_of_the_first_document_alone_goes_with_it():
    live = LiveCatalogue(Catalogue())
    other = replace(OPERATIONS[0], id="image.tile", title="Tile Image")
    await live.learn(FORMS["constants"]([*OPERATIONS, other]))
    changes = await live.learn(written("enum"))
    assert told(changes, ChangeKind.GONE, Subject.OPERATION) == {("image.tile", "")}
    assert live.current.find("image.tile") is None


def with_models(*ids):
    document = without()
    for branch in document["paths"]["/api/v1/requests"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "oneOf"
    ]:
        if branch["properties"]["operation"]["const"] == "image.generate":
            properties = branch["properties"]["input"]["properties"]
            properties["model"] = {"oneOf": [{"const": each, "title": each.title()} for each in ids]}
            if "beta" in ids:
                del properties["style"]
    return document


async def test_models_and_fields_that_come_and_go_are_told_by_name():
    live = LiveCatalogue(Catalogue())
    await live.learn(with_models("gptimage2", "seedream5", "alpha"))
    changes = await live.learn(with_models("gptimage2", "seedream5", "beta"))
    assert [(each.kind, each.subject, each.operation, each.name) for each in changes] == [
        (ChangeKind.GONE, Subject.FIELD, "image.generate", "style"),
        (ChangeKind.CAME, Subject.MODEL, "image.generate", "beta"),
        (ChangeKind.GONE, Subject.MODEL, "image.generate", "alpha"),
    ]
    operation = live.current.get("image.generate")
    assert not operation.field("style").offered
    assert live.current.check("image.generate", {"prompt": "x", "style": "y"})
    assert ("Beta (beta)", "beta") in live.current.suggest("image.generate", "model", "")
    back = await live.learn(with_models("gptimage2", "seedream5", "alpha"))
    assert (ChangeKind.CAME, "style") in [(each.kind, each.name) for each in back]


async def test_a_known_model_that_the_document_does_not_list_is_not_suggested():
    live = LiveCatalogue(Catalogue())
    await live.learn(with_models("gptimage2", "alpha"))
    offers = [value for _, value in live.current.suggest("image.generate", "model", "")]
    assert offers[:2] == ["gptimage2", "alpha"]
    assert "seedream5" not in offers
    assert live.current.check("image.generate", {"prompt": "x", "model": "seedream5"})["model"] == "seedream5"
