"""Between the wire of each catalogue and the candidates of the planner."""
