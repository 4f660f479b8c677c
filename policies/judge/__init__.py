"""When a second model is asked whether a run gets nearer to its goal."""
