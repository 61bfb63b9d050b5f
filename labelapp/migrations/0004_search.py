import django.db.models.deletion
from django.db import migrations, models

import labelapp.models.folded
from labelapp.models.folded import chat_text, fold
from labelapp.postgresql import search as postgresql
from labelapp.sqlite import search as sqlite

BATCH = 2000  # rows


def fold_messages(apps, schema_editor):
    """Give the stored messages their folded texts. Messages change by no other hand meanwhile: the migration holds them."""
    rows = apps.get_model("labelapp", "Message").objects.using(schema_editor.connection.alias).order_by("pk")
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while some := list(rows.filter(pk__gt=last).values_list("pk", "sender", "text")[:BATCH]):
            folded = [(fold(f"{sender} {text}"), pk) for pk, sender, text in some]
            cursor.executemany("UPDATE labelapp_message SET search_text = %s WHERE id = %s", folded)
            last = some[-1][0]


def write_chats(apps, schema_editor):
    """Write by what the chats are found: names, the digits of their addresses, and the preview where no stored message says it."""
    alias = schema_editor.connection.alias
    Chat, ChatAlias, ChatText, Message = (
        apps.get_model("labelapp", name) for name in ("Chat", "ChatAlias", "ChatText", "Message")
    )
    said = Message.objects.filter(chat=models.OuterRef("pk"), at=models.OuterRef("last_message_at"))
    columns = ("pk", "name", "jid", "last_message_sender", "last_message_text", models.Exists(said))
    chats = Chat.objects.using(alias).order_by("pk")
    last = 0
    while some := list(chats.filter(pk__gt=last).values_list(*columns)[:BATCH]):
        last_before, last = last, some[-1][0]
        jids = {}
        aliases = ChatAlias.objects.using(alias).filter(chat__gt=last_before, chat__lte=last).order_by("pk")
        for pk, jid in aliases.values_list("chat_id", "jid"):
            jids.setdefault(pk, []).append(jid)
        ChatText.objects.using(alias).bulk_create(
            ChatText(
                chat_id=pk,
                text=chat_text(name, jids.get(pk, [jid]), "" if is_stored else f"{sender} {preview}"),
                has_preview=bool(preview) and not is_stored,
            )
            for pk, name, jid, sender, preview, is_stored in some
        )


def make_index(apps, schema_editor):
    """SQLite: FTS5 tables and their triggers. PostgreSQL: pg_trgm and its indexes."""
    database = sqlite if schema_editor.connection.vendor == "sqlite" else postgresql
    with schema_editor.connection.cursor() as cursor:
        database.make_index(cursor)


def drop_index(apps, schema_editor):
    database = sqlite if schema_editor.connection.vendor == "sqlite" else postgresql
    with schema_editor.connection.cursor() as cursor:
        database.drop_index(cursor)


class Migration(migrations.Migration):

    dependencies = [
        ('labelapp', '0003_orders'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChatText',
            fields=[
                ('chat', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='labelapp.chat')),
                ('text', models.TextField()),
                ('has_preview', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'text of a chat',
                'verbose_name_plural': 'texts of chats',
            },
        ),
        migrations.AddField(
            model_name='message',
            name='search_text',
            field=labelapp.models.folded.FoldedField(blank=True, default='', editable=False, of=['sender', 'text']),
        ),
        migrations.RunPython(fold_messages, migrations.RunPython.noop),
        migrations.RunPython(write_chats, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
    ]
