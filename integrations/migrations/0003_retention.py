from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_operation"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("outcome__in", ["processed", "ignored", "failed"]),
                    ("body__isnull", False),
                ),
                fields=["received_at"],
                name="delivery_body_age",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("outcome", "rejected")),
                fields=["received_at"],
                name="delivery_refusal_age",
            ),
        ),
        migrations.AddIndex(
            model_name="minutetally",
            index=models.Index(fields=["minute"], name="tally_age"),
        ),
    ]
