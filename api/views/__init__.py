"""The endpoints of `/v1`, one module for each kind of thing."""
