"""What the pages hand out to be copied: code, lines for a shell, bodies, the table of fields."""
