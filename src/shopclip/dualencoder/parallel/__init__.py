"""Training by many processes: of one machine, of torchrun, or of a Ray cluster."""
