"""The two directions of retrieval, and how they are called."""

DIRECTIONS = {"image_to_text": "image → text", "text_to_image": "text → image"}
