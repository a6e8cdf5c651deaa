"""Arrays in, arrays out: knows no file, no tracking and no command line."""
