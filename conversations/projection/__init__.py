"""From the delivery log to rows: the update, the fold, the mapping to rows, the store."""
