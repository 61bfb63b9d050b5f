"""Logging in and out, and what people set for themselves."""

from typing import Any, cast

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from labelapp.actions.demo import PASSWORD, PEOPLE
from labelapp.actions.people import change_password, change_preferences
from labelapp.forms.account import LoginForm, PasswordForm, PreferencesForm
from labelapp.models import User


def next_page(request: HttpRequest) -> str:
    """Where to go afterwards: the `next` of the request if it is a page of ours, else the inbox."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post without any field is one all the same."""
    return request.POST if request.method == "POST" else None


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(next_page(request))
    form = LoginForm(request, _sent(request))
    if request.method == "POST" and form.is_valid():
        start_session(request, form.get_user())
        request.session.set_expiry(None if form.cleaned_data["stay"] else 0)
        return redirect(next_page(request))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "account/login.html", context, status=422 if form.is_bound else 200)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """The answer of django-axes to one try too many. Every further try starts the wait again."""
    wait = int(get_cool_off(request).total_seconds())
    answer = render(request, "account/locked_out.html", {"minutes": -(-wait // 60)}, status=429)
    answer.headers["Retry-After"] = str(wait)
    return answer


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = PreferencesForm(_sent(request), instance=user)
    if request.method == "POST" and form.is_valid():
        change_preferences(user, **form.cleaned_data)
        with override(user.language or get_language()):
            messages.success(request, _("Your preferences are saved."))
        return redirect("account.preferences")
    return _preferences(request, form, PasswordForm(user))


@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = PasswordForm(user, request.POST)
    if not form.is_valid():
        return _preferences(request, PreferencesForm(instance=user), form)
    change_password(user, form.cleaned_data["new_password1"])
    update_session_auth_hash(request, user)  # or the person would be logged out here as well
    messages.success(request, _("Your password is changed. Other browsers are logged out."))
    return redirect("account.preferences")


def _preferences(request: HttpRequest, form: PreferencesForm, password_form: PasswordForm) -> HttpResponse:
    status = 422 if form.is_bound or password_form.is_bound else 200
    context = {"form": form, "password_form": password_form}
    return render(request, "account/preferences.html", context, status=status)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("language", "")
    answer = redirect(next_page(request))
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            change_preferences(request.user, language=code)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=365 * 24 * 3600,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return answer


@login_not_required
@csrf_exempt  # the demo's start page, on another port, posts here; outside the demo the page does not exist
@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """One click instead of typing the demo's password, which must be the person's real one: nobody else gets in this way."""
    role = request.POST.get("role", "")
    if not settings.DEMO or role not in PEOPLE:
        raise Http404("No such demo person.")
    user = authenticate(request, username=role, password=PASSWORD)
    if user is None:
        raise Http404("This person was not made by the demo.")
    start_session(request, user)
    return redirect(next_page(request))
