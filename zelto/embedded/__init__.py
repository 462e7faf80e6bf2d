"""Run Zelto on one machine: the database that comes with it, and its processes."""
