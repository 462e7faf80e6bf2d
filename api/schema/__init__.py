"""The OpenAPI description of `/v1` and of the webhook."""
