"""What people do not want to be told, and when."""
