"""What pages hand out to be copied: code, shell lines, bodies, the table of fields."""
