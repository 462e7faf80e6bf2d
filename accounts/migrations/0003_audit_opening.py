"""Add the column by which an opening is found again, and let old entries be deleted by
whoever says in the transaction that it keeps the log within its bound."""

from django.db import migrations, models

WITHIN_A_BOUND = """
    CREATE OR REPLACE FUNCTION accounts_auditentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            PERFORM 1 FROM accounts_organization WHERE id = OLD.organization_id;
            IF FOUND AND coalesce(current_setting('zelto.audit_trim', true), '') <> 'on' THEN
                RAISE EXCEPTION 'An entry of the audit log is never deleted.'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END IF;
        IF (to_jsonb(NEW) - 'by_id' - 'key_id') <> (to_jsonb(OLD) - 'by_id' - 'key_id')
            OR (NEW.by_id IS NOT NULL AND NEW.by_id IS DISTINCT FROM OLD.by_id)
            OR (NEW.key_id IS NOT NULL AND NEW.key_id IS DISTINCT FROM OLD.key_id)
        THEN
            RAISE EXCEPTION 'An entry of the audit log is never changed.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
"""
AS_BEFORE = """
    CREATE OR REPLACE FUNCTION accounts_auditentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            PERFORM 1 FROM accounts_organization WHERE id = OLD.organization_id;
            IF FOUND THEN
                RAISE EXCEPTION 'An entry of the audit log is never deleted.'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END IF;
        IF (to_jsonb(NEW) - 'by_id' - 'key_id') <> (to_jsonb(OLD) - 'by_id' - 'key_id')
            OR (NEW.by_id IS NOT NULL AND NEW.by_id IS DISTINCT FROM OLD.by_id)
            OR (NEW.key_id IS NOT NULL AND NEW.key_id IS DISTINCT FROM OLD.key_id)
        THEN
            RAISE EXCEPTION 'An entry of the audit log is never changed.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_claim")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="auditentry",
            name="opening",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunSQL(WITHIN_A_BOUND, AS_BEFORE),
    ]
