"""Where vectors are looked up: exactly, approximately, or in a vector database."""
