"""Checks of a command before its first node."""
