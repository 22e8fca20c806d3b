"""The stages of a run, one package each; they do not import each other."""
