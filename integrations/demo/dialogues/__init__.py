"""The dialogues as text, by agent for English and by language for the others."""
