"""What the simulated provider and one handset know: a database per number. Times are seconds since 1970, as on the wire."""

from django.db import models


class Account(models.Model):
    """The connected number. There is a single row."""

    session = models.CharField(max_length=40)
    status = models.CharField(max_length=40, default="WORKING")
    statuses = models.JSONField(default=list)
    jid = models.CharField(max_length=40)
    lid = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    last_label_id = models.PositiveIntegerField(default=0)
    profile = models.CharField(max_length=8, default="GOWS")
    config = models.JSONField(default=dict)  # of the WAHA session, apart from its webhooks

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    """A row of the directory; its key is WhatsApp's id."""

    id = models.PositiveIntegerField(primary_key=True)
    name = models.CharField(max_length=200)
    color = models.IntegerField()

    def __str__(self) -> str:
        return self.name


class Chat(models.Model):
    jid = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120, blank=True)
    pushname = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="en")
    archived = models.BooleanField(default=False)
    unread = models.PositiveIntegerField(default=0)
    last_at = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["-last_at", "-id"], name="sim_chat_newest"),)

    def __str__(self) -> str:
        return self.name or self.pushname or self.jid


class Message(models.Model):
    key = models.CharField(max_length=40)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, db_index=False)
    at = models.PositiveBigIntegerField()
    from_me = models.BooleanField(default=False)
    text = models.TextField()
    sender = models.CharField(max_length=60, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=4, default="app")

    class Meta:
        indexes = (
            models.Index(fields=["chat", "-at", "-id"], name="sim_message_newest"),
            models.Index(fields=["sender"], name="sim_message_sender", condition=~models.Q(sender="")),
        )

    def __str__(self) -> str:
        return self.key


class Assignment(models.Model):
    """A label on an address. Not on a chat row: WhatsApp keeps it by address, whether or not a chat is known."""

    jid = models.CharField(max_length=60, db_index=True)
    label = models.ForeignKey(Label, on_delete=models.CASCADE)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["label", "jid"], name="sim_assignment_once"),)

    def __str__(self) -> str:
        return f"{self.label_id} on {self.jid}"


class Lid(models.Model):
    lid = models.CharField(max_length=60, unique=True)
    pn = models.CharField(max_length=60, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.lid


class Hook(models.Model):
    """A registration, by the dialect in which it was made: Wawp's list and the session's config at WAHA are two lists."""

    url = models.CharField(max_length=500)
    dialect = models.CharField(max_length=4, default="wawp")
    name = models.CharField(max_length=80, blank=True)
    events = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    delay = models.FloatField(default=2)
    attempts = models.PositiveIntegerField(default=15)
    policy = models.CharField(max_length=12, default="constant")
    headers = models.JSONField(default=dict)
    hmac = models.CharField(max_length=200, blank=True)
    payload_shape = models.CharField(max_length=4, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["dialect", "url"], name="sim_hook_once"),)

    def __str__(self) -> str:
        return self.name or "hook"
