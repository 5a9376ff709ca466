"""/jobs: list, show, cancel, recover, retry and link."""
