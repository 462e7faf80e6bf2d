"""What every app needs of HTTP and of the web server; it knows none of them."""
