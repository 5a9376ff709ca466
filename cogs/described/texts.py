"""What the commands that are made from data say to people, in English: Discord gets them in every language.

Descriptions of operations that are not built in stay English.
"""

THREE_D_GROUP = "Generate 3D locations and objects"
MORE_GROUP = "More Cannon Studio operations"
REST_OPTION = "Ask for the remaining fields in a form"
LINKS_OPTION = "Links to the files, separated by spaces"


def of_file(label: str) -> str:
    return f"Upload: {label}"


def of_link(label: str) -> str:
    return f"Link or Discord message: {label}"


def of_job(label: str) -> str:
    return f"Result of an earlier job: {label}"


def as_json(about: str) -> str:
    return about if "JSON" in about else f"{about} (JSON)"
