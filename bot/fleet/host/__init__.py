"""What hosts see of a fleet: the list of its processes, and what is reported of it."""
