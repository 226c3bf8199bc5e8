"""The setting `LINKS`: addresses of outside pages, as templates that `infrastructure.web.links` fills in."""

from certhelper import env

_REGISTRY = "https://cmsrunregistry.web.cern.ch/offline"
_RULE = "ofbf%5Brules%5D%5B0%5D%5B"  # the filter of its table of editable datasets, as its own pages write it
_REGISTRY_FILTER = f"{_RULE}field%5D=run_number&{_RULE}operator%5D=%3D&{_RULE}value%5D={{run}}&ofbf%5Bcombinator%5D=and"
# The reference is drawn over the run: another run in its own dataset, without a label.
_DQM_GUI_RUN = (
    "https://cmsweb.cern.ch/dqm/offline/start?runnr={run};dataset={dataset};sampletype=offline_data;filter=all;"
    "referencepos=overlay;referenceshow=customise;referencenorm=True;"
    "referenceobj1=other%3A{reference_run}%3A{reference_dataset}%3A;referenceobj2=none;referenceobj3=none;referenceobj4=none;"
    "search=;striptype=object;stripruns=;stripaxis=run;stripomit=none;workspace=Summary;size=M;root=;focus=;zoom=no;"
)


def read_links() -> dict[str, str]:
    """Read all `LINK_…` variables: {name without LINK_ in lower case: template}."""
    return {**_services(), **_pages()}


def _services() -> dict[str, str]:
    """The services, each with its first page and its page about a run."""
    oms = env.text("LINK_OMS", "https://cmsoms.cern.ch/cms/runs/summary")
    registry = env.text("LINK_REGISTRY", f"{_REGISTRY}/workspaces/tracker")
    dqm_gui = env.text("LINK_DQM_GUI", "https://cmsweb.cern.ch/dqm/offline")
    dials = env.text("LINK_DIALS", "https://cmsdials.web.cern.ch")
    oms_run = _template_or(oms, "https://cmsoms.cern.ch/cms/runs/report?cms_run={run}")
    registry_run = _template_or(registry, f"{_REGISTRY}/datasets/tracker?{_REGISTRY_FILTER}")
    dials_run = _template_or(dials, "https://cmsdials.web.cern.ch/browser?ws=tracker&dataset={dataset}&run={run}")
    return {
        "oms": oms,
        "oms_run": env.text("LINK_OMS_RUN", oms_run),
        "oms_fill": env.text("LINK_OMS_FILL", "https://cmsoms.cern.ch/cms/fills/report?cms_fill={fill}"),
        "registry": registry,
        "registry_run": env.text("LINK_REGISTRY_RUN", registry_run),
        "dqm_gui": dqm_gui,
        "dqm_gui_run": env.text("LINK_DQM_GUI_RUN", _template_or(dqm_gui, _DQM_GUI_RUN)),
        "dials": dials,
        "dials_run": env.text("LINK_DIALS_RUN", dials_run),
    }


def _template_or(address: str, default: str) -> str:
    """The address of a service if it has placeholders, else the default of its page about a run."""
    return address if "{" in address else default


def _pages() -> dict[str, str]:
    return {
        "twiki": env.text("LINK_TWIKI", "https://twiki.cern.ch/twiki/bin/view/CMS/TrackerDQMShift"),
        "cabling": env.text("LINK_CABLING", "https://cmstrackertools.web.cern.ch/cabling-map"),
        "dcs": env.text("LINK_DCS", "https://cmstrackertools.web.cern.ch/dcs-trends"),
        "help": env.text("LINK_HELP", "/help/"),
        "problem": env.text("LINK_PROBLEM", "https://github.com/CMSTrackerDPG/certifier/issues"),
    }
