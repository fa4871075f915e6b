"""One small assignment in the form of each program that `benchmarks/peers.py` compares."""
