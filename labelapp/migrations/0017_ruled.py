import labelapp.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0016_hooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='label',
            name='changing_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='label',
            name='grouped_at',
            field=models.DateTimeField(default=labelapp.models.fields.never),
        ),
        migrations.AddField(
            model_name='labelgroup',
            name='ruled_at',
            field=models.DateTimeField(default=labelapp.models.fields.never),
        ),
    ]
