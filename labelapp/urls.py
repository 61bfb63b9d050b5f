"""The whole map of labelapp on one page."""

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from labelapp.views import chats

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="chats.index")),
    path("chats/", chats.index, name="chats.index"),
]
