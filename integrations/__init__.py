"""What providers send, from the webhook to conversations; keys, settings, health."""
