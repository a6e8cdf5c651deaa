"""One module for each kind: what a new plugin starts from, complete except for its name."""
