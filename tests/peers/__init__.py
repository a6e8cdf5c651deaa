"""A package, so that its files may be called like those in tests/plugins."""
