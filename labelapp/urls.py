"""The whole map of labelapp on one page."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from labelapp.views import account, chats, health, hooks, labels, live, numbers

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="chats.index")),
    path("chats/", chats.index, name="chats.index"),
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
    path("account/", account.preferences, name="account.preferences"),
    path("account/password/", account.password, name="account.password"),
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
