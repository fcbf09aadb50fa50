from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_parent")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="summary",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
