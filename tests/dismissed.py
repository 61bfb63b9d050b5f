"""Runs with the product's settings: what was given up is dismissed, as a person would, so that the chats can be used again."""

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.tagging import dismiss_failure  # noqa: E402
from labelapp.models import ChatLabel, Receipt, User  # noqa: E402

if __name__ == "__main__":
    lead = Actor.of(User.objects.get(username="lead"))
    for pair in ChatLabel.objects.filter(receipt=Receipt.FAILED).select_related("chat", "label"):
        dismiss_failure(lead, pair)
