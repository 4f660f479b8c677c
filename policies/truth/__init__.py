"""Whether a tool result shows success: signs of it, and how `assessment` weighs them. Pure."""
