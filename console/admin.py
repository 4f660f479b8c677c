"""People and groups, in place of Django's own forms for them."""

from console.people import admin

admin.register()
