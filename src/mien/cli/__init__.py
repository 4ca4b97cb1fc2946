"""The commands: argument parsing and printing, no logic."""
