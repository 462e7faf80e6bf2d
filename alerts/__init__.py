"""What is wrong, told to people: issues, their causes, and the channels that carry them."""
