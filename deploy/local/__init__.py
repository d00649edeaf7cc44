"""The embedded run: PostgreSQL, the four services and Envoy on one machine, under one supervisor."""
