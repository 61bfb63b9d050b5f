"""The whole map of labelapp on one page."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from labelapp.views import account, chats, health, hooks, labels, live, numbers

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="chats.index")),
    path("chats/", chats.index, name="chats.index"),
    path("chats/rows/", chats.rows, name="chats.rows"),
    path("chats/facets/", chats.facets, name="chats.facets"),
    path("chats/number/", chats.number, name="chats.number"),
    path("chats/<int:pk>/", chats.detail, name="chats.detail"),
    path("chats/<int:pk>/row/", chats.row, name="chats.row"),
    path("chats/<int:pk>/panel/", chats.panel, name="chats.panel"),
    path("chats/<int:pk>/tags/", chats.tags, name="chats.tags"),
    path("chats/<int:pk>/messages/", chats.messages, name="chats.messages"),
    path("chats/<int:pk>/activity/", chats.activity, name="chats.activity"),
    path("chats/<int:pk>/picker/", chats.picker, name="chats.picker"),
    path("chats/<int:pk>/labels/<int:label_pk>/", chats.set_label, name="chats.set_label"),
    path("chats/<int:pk>/labels/<int:label_pk>/dismiss/", chats.dismiss, name="chats.dismiss"),
    path("labels/", labels.index, name="labels.index"),
    path("labels/new/", labels.create, name="labels.create"),
    path("labels/<int:pk>/", labels.edit, name="labels.edit"),
    path("labels/<int:pk>/delete/", labels.delete, name="labels.delete"),
    path("settings/", numbers.index, name="settings.index"),
    path("settings/new/", numbers.create, name="settings.create"),
    path("settings/test/", numbers.test, name="settings.test"),
    path("settings/numbers/<slug:slug>/", numbers.number, name="settings.number"),
    path("settings/numbers/<slug:slug>/hook/", numbers.register, name="settings.register"),
    path("settings/numbers/<slug:slug>/secret/", numbers.rotate, name="settings.rotate"),
    path("settings/numbers/<slug:slug>/signature/", numbers.sign, name="settings.sign"),
    path("settings/numbers/<slug:slug>/placement/", numbers.probe, name="settings.probe"),
    path("settings/numbers/<slug:slug>/remove/", numbers.remove, name="settings.remove"),
    path("login/", account.login, name="account.login"),
    path("logout/", account.logout, name="account.logout"),
    path("preferences/", account.preferences, name="account.preferences"),
    path("preferences/password/", account.password, name="account.password"),
    path("language/", account.language, name="account.language"),
    path("demo/login/", account.demo_login, name="account.demo_login"),
    path("hooks/<slug:slug>/<str:secret>/", hooks.receive, name="hooks.receive"),
    path("live/", live.stream, name="live.stream"),
    path("healthz", health.healthz, name="health.healthz"),
    path("readyz", health.readyz, name="health.readyz"),
    path("admin/login/", account.login),  # one door: throttled, in the person's language
    path("admin/", admin.site.urls),
]

handler400 = "labelapp.views.errors.bad_request"
handler403 = "labelapp.views.errors.forbidden"
handler404 = "labelapp.views.errors.not_found"
handler500 = "labelapp.views.errors.server_error"
