"""The 3D operations. Of the second only the id is public; the outputs of both are not."""

from __future__ import annotations

from bot.catalogue.field_builders import IMAGE, identifier, link, links, number, text
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Model, Operation

ANGLE_CONTEXT = Field(
    name="angle_context",
    kind=FieldKind.OBJECTS,
    label="angles",
    help='Pictures by direction, as JSON, e.g. [{"image_url": "https://…", "label": "north", "azimuth": 0}]',
    item_fields=(
        link("image_url", "picture", "A picture of that side: a link", IMAGE),
        text("label", "label", "The side, e.g. north"),
        number("azimuth", "azimuth", "The direction, e.g. 0, 90, 180 or 270", unit="degrees", seen=(0, 90, 180, 270)),
    ),
)

LOCATION = Operation(
    id="three_d.location.generate",
    title="Generate Cannon 3D Location",
    workflow="3d",
    fields=(
        text("name", "name", "What the place is called, e.g. The Old Harbour"),
        text("description", "description", "What the place looks like, e.g. a harbour at dawn, in fog", required=True),
        links("source_image_urls", "source pictures", "Links to pictures of the place, with spaces between", IMAGE),
        ANGLE_CONTEXT,
        text("quality", "quality", "How much care is spent on it, e.g. standard", seen=("standard",)),
        identifier("location_id", "location id", "The id of the location in Cannon Studio's app"),
        identifier("universe_id", "universe id", "The id of the universe in Cannon Studio's app"),
        identifier("zone_id", "zone id", "The id of the zone in Cannon Studio's app"),
        identifier("workspace_id", "workspace id", "The id of the workspace in Cannon Studio's app"),
        identifier("project_id", "project id", "The id of the project in Cannon Studio's app"),
    ),
    models=(Model(id=None, name="Cannon 3D Location"),),
    # https://www.cannonstudio.app/developers/docs/operations/three-d-location-generate
)

MODEL = Operation(id="three_d.model.generate", title="Generate 3D Model", workflow="3d")

THREE_D_OPERATIONS = (LOCATION, MODEL)
