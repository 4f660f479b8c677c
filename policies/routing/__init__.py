"""Which of an agent's models takes the next step."""
