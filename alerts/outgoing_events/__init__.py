"""What a webhook of an organization's own is told of conversations."""
