"""The product's own help: its pages, read from `docs/help`, as HTML and as Markdown."""
