import django.db.models.deletion
import django.utils.timezone
import labelapp.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0020_timers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='hooksend',
            name='hook_told_once',
        ),
        migrations.AddField(
            model_name='hooksend',
            name='rule',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='hooksend',
            constraint=models.UniqueConstraint(condition=models.Q(('rule', None)), fields=('hook', 'fact', 'kind'), name='hook_told_once'),
        ),
        migrations.AddConstraint(
            model_name='hooksend',
            constraint=models.UniqueConstraint(condition=models.Q(('rule__isnull', False)), fields=('hook', 'fact', 'rule'), name='hook_told_once_by_rule'),
        ),
        migrations.CreateModel(
            name='Ask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.BigIntegerField(null=True)),
                ('message_id', models.CharField(max_length=40)),
                ('body', models.TextField()),
                ('depth', models.PositiveSmallIntegerField(default=0)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('tried_at', models.DateTimeField(default=labelapp.models.fields.never)),
                ('outcome', models.CharField(blank=True, choices=[('', 'waiting'), ('answered', 'answered'), ('failed', 'given up')], default='', max_length=10)),
                ('reason', models.CharField(blank=True, default='', max_length=300)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('chat', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labelapp.chat')),
                ('hook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labelapp.outgoinghook')),
                ('instance', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labelapp.instance')),
                ('rule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labelapp.rule')),
            ],
            options={
                'verbose_name': 'question to a classifier',
                'verbose_name_plural': 'questions to classifiers',
                'indexes': [models.Index(condition=models.Q(('outcome', '')), fields=['instance', 'due_at'], name='ask_due'), models.Index(fields=['made_at'], name='ask_age')],
                'constraints': [models.UniqueConstraint(fields=('rule', 'fact'), name='ask_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('body', ''), ('due_at', None)), _connector='OR'), name='ask_ends_once')],
            },
        ),
    ]
