"""Features as people see them: a server process, and Chromium for everybody who takes part."""
