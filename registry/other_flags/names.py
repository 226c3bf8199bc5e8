"""The columns of other detectors, bits of lumisections and workspaces that Run Registry has, each with its label.

The Tracker's columns and bits are not among them: its flags are certified here, its bits are read from OMS.
"""

from __future__ import annotations

# Columns of flags of a dataset, `<workspace>-<column>`.
COLUMNS = {
    "btag-btag": "b tag",
    "castor-castor": "CASTOR",
    "cms-cms": "CMS",
    "csc-csc": "CSC",
    "csc-occupancy": "CSC occupancy",
    "csc-timing": "CSC timing",
    "ctpps-ctpps": "CTPPS",
    "dc-lowlumi": "low luminosity",
    "dt-dt": "DT",
    "ecal-ecal": "ECAL",
    "ecal-es": "ECAL preshower",
    "egamma-egamma": "e/gamma",
    "gem-gem": "GEM",
    "hcal-hcal": "HCAL",
    "hlt-hlt": "HLT",
    "jetmet-jetmet": "jets and MET",
    "l1t-l1t": "L1 trigger",
    "l1t-l1tcalo": "L1 calorimeter trigger",
    "l1t-l1tmu": "L1 muon trigger",
    "lumi-lumi": "luminosity",
    "muon-muon": "muons",
    "rpc-hv": "RPC high voltage",
    "rpc-rpc": "RPC",
    "tau-tau": "tau",
}
# Bits of a lumisection that Run Registry keeps from OMS.
BITS = {
    "beam1_present": "beam 1 present",
    "beam2_present": "beam 2 present",
    "physics_flag": "physics flag",
    "castor_ready": "CASTOR on",
    "cscm_ready": "CSC− on",
    "cscp_ready": "CSC+ on",
    "dt0_ready": "DT0 on",
    "dtm_ready": "DT− on",
    "dtp_ready": "DT+ on",
    "ebm_ready": "EB− on",
    "ebp_ready": "EB+ on",
    "eem_ready": "EE− on",
    "eep_ready": "EE+ on",
    "esm_ready": "ES− on",
    "esp_ready": "ES+ on",
    "gemm_ready": "GEM− on",
    "gemp_ready": "GEM+ on",
    "hbhea_ready": "HBHEa on",
    "hbheb_ready": "HBHEb on",
    "hbhec_ready": "HBHEc on",
    "hf_ready": "HF on",
    "ho_ready": "HO on",
    "rp_sect_45_ready": "RP sector 45 on",
    "rp_sect_56_ready": "RP sector 56 on",
    "rp_time_ready": "RP timing on",
    "rpc_ready": "RPC on",
    "zdc_ready": "ZDC on",
}
PRESCALE_INDEX = "prescale_index"
# Workspaces, of which a dataset has a state each. That of the Tracker is frozen with a certification.
WORKSPACES = {
    "btag": "b tag",
    "castor": "CASTOR",
    "cms": "CMS",
    "csc": "CSC",
    "ctpps": "CTPPS",
    "dc": "data certification",
    "dt": "DT",
    "ecal": "ECAL",
    "egamma": "e/gamma",
    "gem": "GEM",
    "global": "global",
    "hcal": "HCAL",
    "hlt": "HLT",
    "jetmet": "jets and MET",
    "l1t": "L1 trigger",
    "lumi": "luminosity",
    "muon": "muons",
    "rpc": "RPC",
    "tau": "tau",
}
# Attributes of the run in Run Registry; its class is frozen with a certification.
RUN_ATTRIBUTES = {"state": "state of the run", "significant": "significant", "stop_reason": "stop reason"}
