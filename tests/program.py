"""Runs with the product's settings: prints the secret of a new token that may read and tag."""

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.tokens import make_token  # noqa: E402
from labelapp.models import User  # noqa: E402

if __name__ == "__main__":
    print(make_token(Actor.of(User.objects.get(username="admin")), "A program", ["read", "tag"])[1])
