"""What a query of `runs.language` finds: runs and events, each as far as whoever asks may read
them. Reads only, and every read is bounded.
"""
