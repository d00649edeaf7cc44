"""What the models service knows: pure values and functions."""
