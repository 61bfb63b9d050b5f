"""Whether one chat is in a list."""

from labelapp.models import Chat
from labelapp.queries.language.terms import Query
from labelapp.queries.scopes import Scope
from labelapp.queries.text import says
from labelapp.queries.walks import walks


def is_match(scope: Scope, query: Query, chat: Chat) -> bool:
    """Whether the list of this query holds the chat. One query per way to walk and two or three per word, none for the whole inbox."""
    if not query:
        return True
    ways = walks(scope, query, said=says(query.texts, refusing=False))
    return any(walk.rows.filter(walk.text, **{walk.pk: chat.pk}).exists() for walk in ways)
