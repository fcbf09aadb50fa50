from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_archive")]

    operations = [
        migrations.AddField(
            model_name="package",
            name="kind",
            field=models.CharField(
                choices=[("package", "Package"), ("stack", "Stack")], default="package", max_length=10
            ),
        ),
    ]
