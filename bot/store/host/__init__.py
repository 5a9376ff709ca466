"""What a host does with the database as a whole: backups, upgrades, and jobs of all servers."""
