//! The table, in the order of the findings.

use super::{Rule, certificates, choice};

/// All rules, in the order of their findings.
pub const RULES: &[Rule] = &[
    Rule { code: "host-single-label", citation: "RFC 6698 section 3", finding: choice::host_single_label },
    Rule { code: "idna", citation: "RFC 5890 section 2.3.2.1", finding: choice::idna },
    Rule { code: "ttl-high", citation: "RFC 7671 section 13", finding: choice::ttl_high },
    Rule { code: "pkix-smtp", citation: "RFC 7672 section 3.1.3", finding: choice::pkix_smtp },
    Rule { code: "sel0-ee", citation: "RFC 7671 section 5.1", finding: choice::sel0_ee },
    Rule { code: "sel0-ta-public", citation: "RFC 7671 section 5.2.1", finding: choice::sel0_ta_public },
    Rule { code: "mtype0", citation: "RFC 7671 section 10.1", finding: choice::mtype0 },
    Rule { code: "mtype2-only", citation: "RFC 6698 section 6", finding: choice::mtype2_only },
    Rule { code: "issuer-rotates", citation: "RFC 7671 section 8.1", finding: choice::issuer_rotates },
    Rule { code: "next-idle", citation: "RFC 7671 section 8.1", finding: certificates::next_idle },
    Rule { code: "ta-not-sent", citation: "RFC 7671 section 5.2", finding: certificates::ta_not_sent },
    Rule { code: "ee-expired", citation: "RFC 7671 section 5.1", finding: certificates::ee_expired },
    Rule { code: "ee-not-yet", citation: "RFC 7671 section 5.1", finding: certificates::ee_not_yet },
    Rule { code: "ta-expired", citation: "RFC 7671 section 5.2", finding: certificates::ta_expired },
    Rule {
        code: "date-unreadable",
        citation: "RFC 5280 section 4.1.2.5",
        finding: certificates::date_unreadable,
    },
    Rule {
        code: "ext-unreadable",
        citation: "RFC 5280 section 4.2",
        finding: certificates::extension_unreadable,
    },
    Rule { code: "ca-limits", citation: "RFC 5280 section 6.1.4", finding: certificates::ca_limits },
    Rule {
        code: "name-missing",
        citation: "RFC 7671 sections 5.1 and 10.2",
        finding: certificates::name_missing,
    },
    Rule { code: "chain-order", citation: "RFC 5246 section 7.4.2", finding: certificates::chain_order },
    Rule { code: "chain-gap", citation: "RFC 5280 section 6.1", finding: certificates::chain_gap },
    Rule { code: "chain-extra", citation: "RFC 5246 section 7.4.2", finding: certificates::chain_extra },
    Rule {
        code: "sig-unverified",
        citation: "RFC 5280 section 4.1.1.3",
        finding: certificates::sig_unverified,
    },
    Rule { code: "same-spki", citation: "RFC 6698 appendix A.1.2.2", finding: certificates::same_spki },
    Rule { code: "multi-leaf", citation: "RFC 7671 section 8", finding: certificates::multi_leaf },
    Rule { code: "ee-ca", citation: "RFC 7671 section 5.1", finding: certificates::ee_ca },
    Rule { code: "weak-key", citation: "RFC 6698 section 4.1", finding: certificates::weak_key },
    Rule { code: "weak-sig", citation: "RFC 6698 section 4.1", finding: certificates::weak_sig },
];
