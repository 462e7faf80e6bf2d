"""Files in a bucket: what the server says of them, and the framing of uploads."""
