import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0010_taxonomy'),
    ]

    operations = [
        migrations.AddField(
            model_name='label',
            name='stuck_after',
            field=models.DurationField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['label', '-at'], name='ledger_of_label'),
        ),
        migrations.AlterField(  # the index above begins with it
            model_name='ledgerentry',
            name='label',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger', to='labelapp.label'),
        ),
    ]
