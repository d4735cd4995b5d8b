"""What puts Parley to work: recipes for a machine, and a whole installation to try."""
