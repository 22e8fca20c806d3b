"""The tables between a catalogue and training: splits, queries, ground truth, examples."""
