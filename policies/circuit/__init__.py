"""Circuit breakers of tools: when they open, where each stands, and the levers that force them."""
