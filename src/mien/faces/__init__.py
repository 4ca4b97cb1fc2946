"""Faces: pictures in, faces with their expressions out."""
