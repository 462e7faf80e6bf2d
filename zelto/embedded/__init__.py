"""The stack on one machine: the database that comes with Zelto, and its processes."""
