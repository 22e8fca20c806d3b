"""Pictures that travel inside the page."""

from __future__ import annotations

import base64
import io

import numpy as np

TALLEST = 120  # pixels; a picture is shown at 96


def data_uri(pixels: np.ndarray) -> str:
    """A JPEG, small enough for a page with hundreds of them.

    Args:
        pixels: uint8 (height, width, 3).
    """
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if picture.height > TALLEST:
        width = max(1, round(picture.width * TALLEST / picture.height))
        picture = picture.resize((width, TALLEST), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=85, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.getvalue()).decode()}"
