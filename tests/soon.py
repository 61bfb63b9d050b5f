"""Runs with the product's settings: the times that labels have come now."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from labelapp.models import LabelTimer  # noqa: E402

if __name__ == "__main__":
    print(LabelTimer.objects.filter(rang_at=None).update(due_at=timezone.now()))
