"""The order in which changes of conversations were committed, for programs to follow."""
