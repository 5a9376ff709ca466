"""3D operations. The second's fields and both outputs are not public."""

from __future__ import annotations

from bot.catalogue.fields import IMAGE, Field, FieldKind, identifier, link, links, number, text
from bot.catalogue.operation import Model, Operation

ANGLE_CONTEXT = Field(
    name="angle_context",
    kind=FieldKind.OBJECTS,
    label="angles",
    help='Images by direction, as JSON, e.g. [{"image_url": "https://…", "label": "north", "azimuth": 0}]',
    item_fields=(
        link("image_url", "image", "Link to an image of that side", IMAGE),
        text("label", "label", "The side, e.g. north"),
        number(
            "azimuth",
            "azimuth",
            "Direction in degrees, e.g. 0, 90, 180, or 270",
            unit="degrees",
            seen=(0, 90, 180, 270),
        ),
    ),
)

LOCATION = Operation(
    id="three_d.location.generate",
    title="Generate Cannon 3D Location",
    workflow="3d",
    fields=(
        text("name", "name", "Name of the location, e.g. The Old Harbor"),
        text(
            "description", "description", "What the location looks like, e.g. a harbor at dawn, in fog", required=True
        ),
        links("source_image_urls", "source images", "Links to images of the location, separated by spaces", IMAGE),
        ANGLE_CONTEXT,
        text("quality", "quality", "Quality level, e.g. standard", seen=("standard",)),
        identifier("location_id", "location ID", "ID of the location in the Cannon Studio app"),
        identifier("universe_id", "universe ID", "ID of the universe in the Cannon Studio app"),
        identifier("zone_id", "zone ID", "ID of the zone in the Cannon Studio app"),
        identifier("workspace_id", "workspace ID", "ID of the workspace in the Cannon Studio app"),
        identifier("project_id", "project ID", "ID of the project in the Cannon Studio app"),
    ),
    models=(Model(id=None, name="Cannon 3D Location"),),
    # https://www.cannonstudio.app/developers/docs/operations/three-d-location-generate
)

MODEL = Operation(id="three_d.model.generate", title="Generate 3D Model", workflow="3d")

THREE_D_OPERATIONS = (LOCATION, MODEL)
