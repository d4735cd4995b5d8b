"""Our WebSocket against Autobahn's fuzzing client: ``python -m tests.conformance``."""
