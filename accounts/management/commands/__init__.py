"""One module for each command: `first_owner_link` and `provision`."""
