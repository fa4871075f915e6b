"""Running the tests: on one submission, on a class, on a cluster, and again."""
