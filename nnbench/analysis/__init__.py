"""Results to comparisons with uncertainty. Pure: rows in, frozen summaries out."""
