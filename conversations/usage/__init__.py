"""What an organization used: calls and minutes of transcription by day and month."""
