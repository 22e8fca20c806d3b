"""What embeddings are worth: ranks, retrieval, geometry, statistics, and the words of scoring."""
