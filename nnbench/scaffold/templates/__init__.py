"""One module for each kind: what a new plugin begins with, complete but for its name."""
