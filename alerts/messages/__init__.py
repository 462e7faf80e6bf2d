"""Messages to channels: which, when, and each try to send one."""
