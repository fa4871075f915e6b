"""What both sides import: gradient checks, run-time checks, the pytest plugin."""
