"""What a command is refused for before its first node."""
