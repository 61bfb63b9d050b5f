import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0019_events'),
    ]

    operations = [
        migrations.AlterField(
            model_name='fact',
            name='source',
            field=models.CharField(choices=[('agent', 'Agent'), ('phone', 'Phone'), ('rule', 'Rule'), ('bulk', 'Bulk run'), ('api', 'API'), ('event', 'Business event'), ('timer', 'Timer'), ('reconcile', 'Reconcile'), ('import', 'Import')], max_length=12),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='source',
            field=models.CharField(choices=[('agent', 'Agent'), ('phone', 'Phone'), ('rule', 'Rule'), ('bulk', 'Bulk run'), ('api', 'API'), ('event', 'Business event'), ('timer', 'Timer'), ('reconcile', 'Reconcile'), ('import', 'Import')], max_length=12),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='verb',
            field=models.CharField(choices=[('add', 'added'), ('remove', 'removed'), ('fail', 'could not be applied'), ('keep', 'stays, because the new stage failed'), ('label.create', 'created the label'), ('label.update', 'changed the label'), ('label.delete', 'deleted the label'), ('group', 'changed the groups of labels'), ('import', 'imported the number'), ('merge', 'joined two addresses of one person'), ('ignore', 'left a difference as it is'), ('account', 'decided about another account'), ('assign', 'changed who looks after the chat'), ('timer', 'set a timer'), ('timer.end', 'ended a timer'), ('timer.call', 'told somebody that a time has come')], max_length=16),
        ),
        migrations.AlterField(
            model_name='move',
            name='source',
            field=models.CharField(choices=[('agent', 'Agent'), ('phone', 'Phone'), ('rule', 'Rule'), ('bulk', 'Bulk run'), ('api', 'API'), ('event', 'Business event'), ('timer', 'Timer'), ('reconcile', 'Reconcile'), ('import', 'Import')], max_length=12),
        ),
        migrations.CreateModel(
            name='LabelTimer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField()),
                ('then', models.CharField(choices=[('remove', 'it comes off'), ('turn', 'it turns into another label'), ('call', 'somebody is told')], default='remove', max_length=8)),
                ('source', models.CharField(choices=[('agent', 'Agent'), ('phone', 'Phone'), ('rule', 'Rule'), ('bulk', 'Bulk run'), ('api', 'API'), ('event', 'Business event'), ('timer', 'Timer'), ('reconcile', 'Reconcile'), ('import', 'Import')], max_length=12)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('depth', models.PositiveSmallIntegerField(default=0)),
                ('rang_at', models.DateTimeField(blank=True, null=True)),
                ('call', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='timer', to='labelapp.chatlabel')),
                ('rule', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labelapp.rule')),
                ('set_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('turn_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labelapp.label')),
            ],
            options={
                'verbose_name': 'timer of a label',
                'verbose_name_plural': 'timers of labels',
                'indexes': [models.Index(condition=models.Q(('rang_at', None)), fields=['due_at'], name='timer_due'), models.Index(fields=['due_at', 'pair'], name='timer_walk')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('then', 'turn'), ('turn_into__isnull', False)), models.Q(models.Q(('then', 'turn'), _negated=True), ('turn_into', None)), _connector='OR'), name='timer_turns_into_a_label')],
            },
        ),
    ]
