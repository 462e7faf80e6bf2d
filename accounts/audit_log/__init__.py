"""The audit log as a page: filters, rows, each entry as a sentence."""
