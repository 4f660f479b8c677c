"""People and groups, in place of Django's own forms for them."""

from console.journal import door
from console.people import admin

admin.register()
door.notes_itself("auth")
