"""What a pooler in front of Postgres asks of us, where it hands out connections by the
transaction."""
