"""HTML that is rendered once for each distinct set of values and reused by all pages of a process.

A fragment is here only where it saves more than a twentieth of the CPU time of some page. The time that the page takes
in addition when the fragment is rendered each time (15,000 certifications, `python -m tools.bench`'s site):

- rows of the list (`listruns.rows`): list of all certifications +38 %
- panel of filters (`certify.filters.panel`): list of all certifications +40 %
- rows of components (`certify.editor.choice_rows`): certify form +5 %, change of a certification +6 %
- problems (`certify.editor.choice_rows`): certify form +7 %
- empty forms that add a reason or a problem (`certhelper.templatetags.marks`): certify form +10 %
- days and the comment (`infrastructure.web.rendered_widgets`): certify form +10 %
- inputs of facts that OMS left out (`certify.editor.facts_panel`): certify form +15 %, change of a certification +32 %
- flags of a row (`certhelper.templatetags.marks`): certifications of a week +9 %
- Markdown (`certify.vocabulary.selectors`): reasons and problems +14 %
- navigation (`certhelper.templatetags.frame`): help page +7 %
"""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, cast

from django.utils.safestring import SafeString

P = ParamSpec("P")


def render_once(maxsize: int) -> Callable[[Callable[P, SafeString]], Callable[P, SafeString]]:
    """Decorate a function that renders HTML: the HTML of the last `maxsize` distinct arguments is reused.

    The arguments must be hashable and hold all that the HTML shows, so that nothing outdated or of another user is
    shown. Equal arguments of different types, such as `SafeString` and `str`, are distinct; values inside a tuple are
    not, and need their types beside them if these change the HTML.
    """

    def decorate(render: Callable[P, SafeString]) -> Callable[P, SafeString]:
        return cast("Callable[P, SafeString]", lru_cache(maxsize=maxsize, typed=True)(render))

    return decorate
