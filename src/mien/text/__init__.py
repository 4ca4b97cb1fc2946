"""Printed text: from a page to lines, characters and words."""
