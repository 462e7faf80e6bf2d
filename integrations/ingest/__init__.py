"""The webhook: checks a POST, appends it to the delivery log, answers."""
