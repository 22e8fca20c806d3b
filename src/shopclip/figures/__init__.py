"""Every chart, defined once: a picture for the disk, Kedro-Viz and MLflow, and SVG for the page."""
