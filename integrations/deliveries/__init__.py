"""The pages of the delivery log: the list, one delivery, what it changed, replay."""
