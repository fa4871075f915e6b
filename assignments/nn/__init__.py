"""Neural networks from scratch in NumPy, one module per exercise."""
