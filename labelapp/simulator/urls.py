"""The simulator's map: the provider's API, the controls, the phone, the shop, and the demo page in front."""

from django.urls import include, path

from labelapp.simulator import control, pages

urlpatterns = [
    path("", pages.demo, name="demo"),
    path("phone/", pages.phone, name="phone"),
    path("shop/", pages.shop, name="shop"),
    path("static/<name>", pages.static, name="static"),
    path("sim/", include([path(route, view) for route, view in control.views.items()])),
    path("v2/", include("labelapp.simulator.wawp.urls")),
    path("api/", include("labelapp.simulator.waha.urls")),
]
