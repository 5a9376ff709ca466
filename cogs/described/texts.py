"""What the commands that are made from data say to people, in English: Discord gets them in every language.

Descriptions of operations that are not built in stay English.
"""

THREE_D_GROUP = "Generate 3D locations and objects"
MORE_GROUP = "More Cannon Studio operations"
REST_OPTION = "Ask for the remaining fields in a form"
LINKS_OPTION = "Links to the files, separated by spaces"
OF_FILE = "Upload: {label}".format
OF_LINK = "Link or Discord message: {label}".format
OF_JOB = "Result of an earlier job: {label}".format


def as_json(about: str) -> str:
    return about if "JSON" in about else f"{about} (JSON)"
