"""The bucket in which an organization's recordings lie: entering it, taking it away."""
