import django.utils.timezone
from django.db import migrations, models

# Whatever makes the first user or organization claims the instance, in its transaction.
# The path is fixed, since a restore of data alone comes with an empty one.
CLAIMED = """
    CREATE FUNCTION accounts_claim_instance() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
    BEGIN
        INSERT INTO accounts_claim (id, claimed_at)
        VALUES (1, statement_timestamp()) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER user_claims_instance AFTER INSERT ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_claim_instance();
    CREATE TRIGGER organization_claims_instance AFTER INSERT ON accounts_organization
        FOR EACH ROW EXECUTE FUNCTION accounts_claim_instance();
    INSERT INTO accounts_claim (id, claimed_at)
        SELECT 1, statement_timestamp()
        WHERE EXISTS (SELECT 1 FROM accounts_user)
            OR EXISTS (SELECT 1 FROM accounts_organization);
"""
NO_LONGER = """
    DROP TRIGGER user_claims_instance ON accounts_user;
    DROP TRIGGER organization_claims_instance ON accounts_organization;
    DROP FUNCTION accounts_claim_instance();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                ("claimed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="claim_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(CLAIMED, NO_LONGER),
    ]
