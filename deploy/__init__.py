"""How the product is put on machines: `local` runs all of it on one."""
