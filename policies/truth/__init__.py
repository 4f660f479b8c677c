"""What a tool result shows about its success: signs of it, and how `truth` weighs them. Pure."""
