"""What is said, by agent for English and by language for the others."""
