"""HTML page of the sandbox, which lists the services and switches faults."""

from __future__ import annotations

from html import escape

from sandbox.dials.access import AUDIENCE
from sandbox.dials.state import SHAPE_1, SHAPE_2
from sandbox.faults import ALL_MODES, MODES, WRITE_MODES
from sandbox.services import SERVICES, SandboxService, SandboxState

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"}

STYLE = """:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid; padding: .4rem .6rem; text-align: left; vertical-align: top; }
form { display: inline-block; margin: .1rem .2rem .1rem 0; }
button { font: inherit; padding: .3rem .7rem; cursor: pointer; }
"""

SERVED = (
    ("/registry", "Run Registry", "a token with the audience cmsrunregistry-sso-proxy, or none"),
    ("/oms/agg/api/v1", "OMS", "a token with the audience cmsoms-prod"),
    ("/sso/auth/realms/cern/api-access/token", "CERN machine tokens", "the client certhelper with any secret"),
    (
        "/sso/auth/realms/cern/protocol/openid-connect",
        "CERN sign-in of people (OpenID Connect)",
        "a client whose name begins with certhelper, any secret, PKCE",
    ),
    ("/apv/getReadOutmode.pl", "APV modes", "the run number as RUN"),
    ("/dials/api/v1", "DIALS", f"a token with the audience {AUDIENCE}, or X-CLIENT-SECRET: sandbox"),
)
DERIVED = (
    (
        "OMS runs: hlt_key, era, duration, last_update, l1_key, l1_hlt_mode_stripped, l1_triggers_counter, "
        "hlt_physics_throughput, clock_type, cmssw_version, tier0_transfer"
    ),
    "OMS fills: era, fill_type_runtime, stable_beams, first and last run, from the runs of the fill",
    "OMS lumisections: start_time, end_time, beam_present, beams_stable",
    (
        "Run Registry: classes, dataset names, states, flags per lumisection, detector flags outside the Tracker, "
        "certification calls, accepted datasets"
    ),
    "APV modes: DECO while the LHC is filled, PEAK else",
    "DIALS: everything but runs, lumisections, pile-up and detector bits; its defects are in docs/sandbox.md",
)


def html(state: SandboxState) -> str:
    """Return the page."""
    services = "".join(_service(service, state) for service in SERVICES)
    served = "".join(f'<tr><th scope="row"><code>{a}</code></th><td>{b}</td><td>{c}</td></tr>' for a, b, c in SERVED)
    derived = "".join(f"<li>{escape(text)}</li>" for text in DERIVED)
    entries = state.log.entries()
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox of CertHelper</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/_sandbox/style.css">
</head><body><main><h1>Sandbox of CertHelper</h1>
<p>Stand-ins of the services outside, with 1,231 real CMS runs of 13 April to 13 May 2018 (314206 to 316201).</p>
<h2>Served here</h2>
<table><thead><tr><th scope="col">Address</th><th scope="col">Service</th><th scope="col">Needs</th></tr></thead>
<tbody>{served}</tbody></table>
<h2>Faults</h2>
<table><thead><tr><th scope="col">Service</th><th scope="col">Now</th><th scope="col">Set</th></tr></thead>
<tbody>{services}</tbody></table>
<ul>{"".join(f"<li><b>{mode}</b>: {text}</li>" for mode, text in ALL_MODES.items())}</ul>
<h2>Tokens and requests</h2>
<p>{_button("tokens", {}, "Revoke all tokens")} {_button("requests/clear", {}, "Forget the requests")}
{_button("people/reset", {}, "Sign everybody out of the sign-in")}
{_button("registry/reset", {}, "Forget what was written to Run Registry")}</p>
<p>DIALS answers as {state.dials.shape}:
{_button("dials", {"shape": SHAPE_1}, f"As {SHAPE_1}")} {_button("dials", {"shape": SHAPE_2}, f"As {SHAPE_2}")}</p>
<p>{len(entries)} requests since the list was last emptied: <a href="/_sandbox/requests">show them</a>.</p>
<h2>Made up (derived)</h2>
<p>Everything else is as CMS recorded it; a figure that is not known is null.</p>
<ul>{derived}</ul>
</main></body></html>
"""


def _button(action: str, fields: dict[str, str], label: str, subject: str = "") -> str:
    """Return a form with one button. `subject` is added to its accessible name."""
    spoken = f' aria-label="{escape(f"{subject}: {label}")}"' if subject else ""
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method="post" action="/_sandbox/{action}">{hidden}<button{spoken}>{escape(label)}</button></form>'


def _service(service: SandboxService, state: SandboxState) -> str:
    on = [fault for fault in state.faults.listed() if fault["service"] == service.name]
    now = ", ".join(_description(fault) for fault in on) or "healthy"
    modes = ("healthy", *MODES, *(WRITE_MODES if service.deadlock else ()))
    buttons = "".join(_button("faults", {"service": service.name, "mode": mode}, mode, service.label) for mode in modes)
    return f'<tr><th scope="row">{service.label}</th><td>{escape(now)}</td><td>{buttons}</td></tr>'


def _description(fault: dict[str, object]) -> str:
    path = f" on {fault['path']}" if fault["path"] else ""
    count = f", {fault['count']} more" if fault["count"] is not None else ""
    return f"{fault['mode']}{path}{count}"
