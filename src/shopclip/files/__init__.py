"""What lies on the disk: whole, checked, and in one format a kind."""
