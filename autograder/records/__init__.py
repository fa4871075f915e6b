"""What is kept of a run: results, attempts, lateness, and the tables made from them."""
