"""What Zelto's own way is compared with."""
