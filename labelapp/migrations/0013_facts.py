import django.db.models.deletion
import django.utils.timezone
import labelapp.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0012_speed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('label.added', 'label added'), ('label.removed', 'label removed'), ('message.in', 'message from the customer'), ('message.out', 'message to the customer'), ('chat.created', 'new chat'), ('label.created', 'label created'), ('label.renamed', 'label renamed'), ('label.deleted', 'label deleted'), ('run.finished', 'bulk run finished'), ('event', 'business event'), ('caught.up', 'changes while nobody listened')], max_length=16)),
                ('source', models.CharField(choices=[('agent', 'Agent'), ('phone', 'Phone'), ('rule', 'Rule'), ('bulk', 'Bulk run'), ('api', 'API'), ('event', 'Business event'), ('reconcile', 'Reconcile'), ('import', 'Import')], max_length=12)),
                ('cause', models.CharField(blank=True, default='', max_length=300)),
                ('depth', models.PositiveSmallIntegerField(default=0)),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'fact',
                'verbose_name_plural': 'facts',
            },
        ),
        migrations.AddField(
            model_name='chatlabel',
            name='told',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='instance',
            name='caught_up_at',
            field=models.DateTimeField(default=labelapp.models.fields.never),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='depth',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunSQL(  # what there is by now is nobody's news
            "UPDATE labelapp_chatlabel SET told = wanted WHERE wanted", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name='chatlabel',
            index=models.Index(condition=models.Q(('receipt', 'confirmed'), models.Q(('wanted', models.F('told')), _negated=True)), fields=['label'], name='pair_untold'),
        ),
        migrations.AddField(
            model_name='fact',
            name='actor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='fact',
            name='chat',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labelapp.chat'),
        ),
        migrations.AddField(
            model_name='fact',
            name='instance',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='labelapp.instance'),
        ),
        migrations.AddField(
            model_name='fact',
            name='label',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labelapp.label'),
        ),
        migrations.AddField(
            model_name='fact',
            name='message',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labelapp.message'),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(condition=models.Q(('handled_at', None)), fields=['instance', 'handled_at', 'id'], name='fact_waiting'),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(fields=['at'], name='fact_age'),
        ),
    ]
