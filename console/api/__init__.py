"""What programs ask of the console over HTTP, with a token: the services and selectors behind the
pages, in JSON.
"""
