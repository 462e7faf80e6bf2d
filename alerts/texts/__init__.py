"""What messages and pages say of an issue."""
