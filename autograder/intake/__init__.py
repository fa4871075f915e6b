"""What was handed in: who, when and what, read in memory from whatever form it has."""
