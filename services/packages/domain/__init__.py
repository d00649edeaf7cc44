"""What to install: packages, versions, search and recommendation. Pure: no I/O, no clock, no randomness."""
