import django.db.models.deletion
import django.utils.timezone
import labelapp.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0004_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='instance',
            name='quiet_from',
            field=models.TimeField(blank=True, null=True, verbose_name='no runs from'),
        ),
        migrations.AddField(
            model_name='instance',
            name='quiet_until',
            field=models.TimeField(blank=True, null=True, verbose_name='no runs until'),
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(choices=[('chosen', 'Chosen chats'), ('numbers', 'A list of numbers'), ('query', 'All chats that match'), ('undo', 'The changes of another run')], default='chosen', max_length=10)),
                ('target_text', models.CharField(blank=True, default='', max_length=500)),
                ('adds', models.JSONField(default=list)),
                ('removes', models.JSONField(default=list)),
                ('purpose', models.CharField(blank=True, default='', max_length=200, verbose_name='reason')),
                ('fires_rules', models.BooleanField(default=False, verbose_name='fire rules and hooks')),
                ('state', models.CharField(choices=[('preparing', 'Being prepared'), ('running', 'Running'), ('paused', 'Paused'), ('cancelled', 'Stopped'), ('done', 'Done')], default='preparing', max_length=10)),
                ('state_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('trouble', models.CharField(blank=True, default='', max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('tally', models.JSONField(default=dict)),
                ('numbers', models.ManyToManyField(related_name='runs', to='labelapp.instance')),
                ('state_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undoes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='labelapp.run')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'run',
                'verbose_name_plural': 'runs',
            },
        ),
        migrations.CreateModel(
            name='RunChat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'On its way'), ('changed', 'On WhatsApp'), ('already', 'Was so already'), ('failed', 'Failed'), ('skipped', 'Left out')], default='waiting', max_length=10)),
                ('reason', models.CharField(blank=True, default='', max_length=300)),
                ('at', models.DateTimeField(default=labelapp.models.fields.never)),
                ('chat', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='labelapp.chat')),
                ('instance', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labelapp.instance')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chats', to='labelapp.run')),
            ],
            options={
                'verbose_name': 'chat of a run',
                'verbose_name_plural': 'chats of runs',
            },
        ),
        migrations.CreateModel(
            name='RunItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.BooleanField()),
                ('follows', models.BooleanField(default=False)),
                ('before', models.BooleanField(null=True)),
                ('wished_at', models.DateTimeField(blank=True, null=True)),
                ('expects_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'On its way'), ('changed', 'On WhatsApp'), ('already', 'Was so already'), ('failed', 'Failed'), ('skipped', 'Left out')], default='waiting', max_length=10)),
                ('reason', models.CharField(blank=True, default='', max_length=300)),
                ('label', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labelapp.label')),
                ('place', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='labelapp.runchat')),
            ],
            options={
                'verbose_name': 'label of a run',
                'verbose_name_plural': 'labels of runs',
            },
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['state'], name='run_under_way'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('undoes',), name='run_undone_once'),
        ),
        migrations.AddIndex(
            model_name='runchat',
            index=models.Index(fields=['run', 'state', '-at', '-id'], name='run_chat_by_state'),
        ),
        migrations.AddIndex(
            model_name='runchat',
            index=models.Index(fields=['run', '-at', '-id'], name='run_chat_walk'),
        ),
        migrations.AddIndex(
            model_name='runchat',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['instance', 'run', 'id'], name='run_chat_waiting'),
        ),
        migrations.AddIndex(
            model_name='runchat',
            index=models.Index(condition=models.Q(('state', 'sent')), fields=['instance', 'run'], name='run_chat_sent'),
        ),
        migrations.AddConstraint(
            model_name='runchat',
            constraint=models.UniqueConstraint(fields=('run', 'chat'), name='run_chat_once'),
        ),
        migrations.AddConstraint(
            model_name='runitem',
            constraint=models.UniqueConstraint(fields=('place', 'label'), name='run_item_once'),
        ),
    ]
