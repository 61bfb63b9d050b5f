"""Keys of programs to the API. For people who manage instances; a secret is on one page, once."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.tokens import make_token, revoke_token, rotate_token
from labelapp.forms.tokens_made import TokenForm
from labelapp.models import ApiToken
from labelapp.queries.tokens import listed_tokens

managers_only = permission_required("labelapp.manage_instances", raise_exception=True)


@managers_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """All tokens, and the form for a new one: a post answers with its secret."""
    if request.method != "POST":
        return _page(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    values = form.cleaned_data
    try:
        token, secret = make_token(
            Actor.of(request.user),
            values["name"],
            values["scopes"],
            instances=values["instances"],
            expires_at=form.expires_at,
        )
    except Refused as refused:
        form.add_error("name", str(refused.message))
        return _page(request, form, status=refused.status)
    return _page(request, TokenForm(), made=token, secret=secret)


@managers_only
@never_cache
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Another secret, which the answer shows."""
    token = _token(pk)
    try:
        secret = rotate_token(Actor.of(request.user), token)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("tokens.index")
    return _page(request, TokenForm(), made=token, secret=secret)


@managers_only
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = _token(pk)
    revoke_token(Actor.of(request.user), token)
    messages.success(request, _("“%(token)s” opens nothing any more.") % {"token": token})
    return redirect("tokens.index")


def _token(pk: int) -> ApiToken:
    found = ApiToken.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("No such token.")
    return found


def _page(request: HttpRequest, form: TokenForm, status: int = 200, **more: object) -> HttpResponse:
    return render(request, "tokens/index.html", {"form": form, "tokens": listed_tokens()} | more, status=status)
