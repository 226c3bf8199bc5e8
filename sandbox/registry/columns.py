"""Names of Run Registry: workspaces, columns of flags, and detector flags of a lumisection."""

from __future__ import annotations

WORKSPACES = [
    "dc",
    "dt",
    "cms",
    "csc",
    "gem",
    "hlt",
    "l1t",
    "rpc",
    "tau",
    "btag",
    "ecal",
    "hcal",
    "lumi",
    "muon",
    "ctpps",
    "castor",
    "egamma",
    "global",
    "jetmet",
    "tracker",
]

# Columns of both the online run and a dataset, with the detector that must be included for the flag to be GOOD.
DETECTOR_OF = {
    "dt-dt": "DT",
    "cms-cms": "DAQ",
    "csc-csc": "CSC",
    "ecal-es": "ES",
    "gem-gem": "GEM",
    "hlt-hlt": "DAQ",
    "l1t-l1t": "TRG",
    "rpc-rpc": "RPC",
    "ecal-ecal": "ECAL",
    "hcal-hcal": "HCAL",
    "l1t-l1tmu": "TRG",
    "lumi-lumi": "SCAL",
    "ctpps-ctpps": "CTPPS",
    "l1t-l1tcalo": "TRG",
    "castor-castor": "CASTOR",
}
OFFLINE_ONLY = {
    "rpc-hv": "NO VALUE FOUND",
    "tau-tau": "NOTSET",
    "btag-btag": "NOTSET",
    "muon-muon": "NOTSET",
    "csc-timing": "NOTSET",
    "dc-lowlumi": "NO VALUE FOUND",
    "csc-occupancy": "NOTSET",
    "egamma-egamma": "NOTSET",
    "jetmet-jetmet": "NOTSET",
}
TRACKER = ("tracker-pixel", "tracker-strip", "tracker-track")

# Flags of OMS's lumisections as Run Registry keeps them, and for those that our source lacks the detector: such a flag
# is on while CMS is active and the detector takes part (derived). None: always off. The others come from the source.
DETECTOR_OF_BIT: dict[str, str | None] = {
    "hf_ready": "HCAL",
    "ho_ready": "HCAL",
    "dt0_ready": "DT",
    "dtm_ready": "DT",
    "dtp_ready": "DT",
    "ebm_ready": "ECAL",
    "ebp_ready": "ECAL",
    "eem_ready": "ECAL",
    "eep_ready": "ECAL",
    "esm_ready": "ES",
    "esp_ready": "ES",
    "rpc_ready": "RPC",
    "zdc_ready": None,
    "cscm_ready": "CSC",
    "cscp_ready": "CSC",
    "gemm_ready": "GEM",
    "gemp_ready": "GEM",
    "hbhea_ready": "HCAL",
    "hbheb_ready": "HCAL",
    "hbhec_ready": "HCAL",
    "castor_ready": "CASTOR",
    "rp_sect_45_ready": "CTPPS",
    "rp_sect_56_ready": "CTPPS",
}
