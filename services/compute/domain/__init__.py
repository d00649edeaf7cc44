"""What compute knows, as pure functions over frozen types: no I/O, no wire types, no clock."""
