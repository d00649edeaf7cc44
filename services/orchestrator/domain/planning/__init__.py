"""The planner: pure functions from a workload spec and catalogue records to a deployment plan."""
