"""The shipped networks, each with its card, and what opens them."""
