"""The page of one conversation: transcript, player, prompt and facts."""
