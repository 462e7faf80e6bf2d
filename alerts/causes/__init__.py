"""What may be wrong: a module for each kind of cause, which finds it."""
