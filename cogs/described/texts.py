"""What the commands that are made from data say to people. Those of operations that are not built in stay English."""

THREE_D_GROUP = "Make places and objects in three dimensions"
MORE_GROUP = "Other operations of Cannon Studio"
REST_OPTION = "Ask for what the options have no room for, in a form"
LINKS_OPTION = "Links to the files, with spaces between"


def of_file(label: str) -> str:
    """Describe the option that takes an upload."""
    return f"The {label}: a file"


def of_link(label: str) -> str:
    """Describe the option that takes a link."""
    return f"The {label}: a link to the file, or to a Discord message that has it"


def of_job(label: str) -> str:
    """Describe the option that takes an earlier job."""
    return f"The {label}: an earlier job of this server, whose result is taken"


def as_json(about: str) -> str:
    """Describe an option whose value is JSON."""
    return about if "JSON" in about else f"{about} (JSON)"
