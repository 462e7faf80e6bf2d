"""What is wrong and who forwards, as programs see it."""
