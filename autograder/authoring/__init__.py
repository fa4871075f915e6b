"""What a TA does: stubs, notebooks and catalogues from the sources, and the proof that they fit."""
