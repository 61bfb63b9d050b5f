"""Numbers and their labels."""

from django.http import HttpRequest
from ninja import Router

from labelapp.api.door import READ, token
from labelapp.api.reach import numbers_of
from labelapp.api.refs import Slug
from labelapp.api.shapes import LabelOut, LabelsOut, NumberOut, NumbersOut
from labelapp.queries.programs import living_labels

router = Router(tags=["Labels"])


@router.get("/instances", auth=READ, response=NumbersOut, summary="The WhatsApp numbers of the token")
def instances(request: HttpRequest) -> NumbersOut:
    return NumbersOut(items=[NumberOut.of(number) for number in numbers_of(token(request))])


@router.get("/labels", auth=READ, response=LabelsOut, summary="The labels, in the order of the screens")
def labels(request: HttpRequest, instance: Slug = None) -> LabelsOut:
    """Those of one number, or of all that the token reaches. Labels that were deleted in WhatsApp are left out."""
    found = living_labels(numbers_of(token(request), instance))
    return LabelsOut(items=[LabelOut.of(label, stage) for label, stage in found])
