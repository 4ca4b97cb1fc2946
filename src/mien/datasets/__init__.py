"""Data sets: one file each, with where it comes from, its layout, and its labels in our terms."""
