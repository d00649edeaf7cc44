"""The portal: Envoy in front of the services for browsers, and the client at the terminal."""
