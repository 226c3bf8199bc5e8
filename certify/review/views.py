"""Views in which a shift leader asks the shifter and the shifter answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.review.actions import AnsweredMeanwhile, answer_question, ask_shifter
from certify.review.forms import AnswerForm, QuestionForm
from certify.review.models import ShifterQuestion
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask the shifter about a certification."""
    rows = TrackerCertification.objects.with_names().select_related("withdrawn_by")
    certification = get_object_or_404(rows, pk=pk)
    form = QuestionForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            ask_shifter(request.user, certification, form.cleaned_data["text"])
        except ChangedMeanwhile as error:
            state = error.existing.state
            form.add_error(None, f"Not asked: {certification} is {state}. Restore it first, or ask in person.")
            status = 409
        else:
            messages.success(request, f"{certification.user.display_name} is asked about {certification}.")
            return _redirect_to_questions(certification.pk)
    return render(request, "review/ask.html", {"certification": certification, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer a question, as the shifter of the certification or a shift leader."""
    question = get_object_or_404(ShifterQuestion.objects.with_names(), pk=pk)
    if not question.may_be_answered_by(request.user):
        owner = question.certification.user.display_name
        raise PermissionDenied(f"{owner} was asked. Only they or a shift leader can answer.")
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _render_answer_page(request, question, form, 422 if form.is_bound else 200)
    try:
        answer_question(request.user, question, form.cleaned_data["answer"])
    except EntryInvalid as error:
        form.add_error("answer", error.issues[0].sentence)
        return _render_answer_page(request, question, form, 409)
    except AnsweredMeanwhile as error:
        return _render_answer_page(request, error.existing, form, 409)
    messages.success(request, f"The question on {question} is answered.")
    return _redirect_to_questions(question.certification_id)


def _render_answer_page(
    request: SignedInRequest, question: ShifterQuestion, form: forms.Form, status: int
) -> HttpResponse:
    return render(request, "review/answer.html", {"question": question, "form": form}, status=status)


def _redirect_to_questions(pk: int) -> HttpResponseSeeOther:
    return HttpResponseSeeOther(f"{reverse('listruns:certification', args=[pk])}#questions")
