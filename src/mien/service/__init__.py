"""The HTTP service: pictures in, faces and what they express out; nothing is kept and nothing written to disk."""
