"""How each kind of channel is asked to tell something."""
