"""What is behind each door: one module per screen."""
