"""How people come in and how long they stay: what django-allauth is told of this house, at what
pace passwords may be tried, where a request really comes from.
"""
