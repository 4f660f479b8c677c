"""The table of Django's cache, made here so that every start finds it."""

from django.db import migrations

MAKE = """CREATE TABLE console_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX console_cache_expires ON console_cache (expires);"""


class Migration(migrations.Migration):
    dependencies = [("console", "0004_failed_sign_ins")]
    operations = [migrations.RunSQL(MAKE, "DROP TABLE console_cache")]
