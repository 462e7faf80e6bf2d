"""What is written of requests and errors: its shape, and what is kept out of it."""
