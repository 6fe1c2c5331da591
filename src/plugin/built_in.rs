//! The plug-ins that every relay has, made with the same trait as anybody's.

mod cors;
mod cost_cap;
mod deny_params;
mod ip_allow;
mod model_map;
mod oa_repair;
mod set_headers;
mod sse_heartbeat;

use super::Registered;

pub(super) fn all() -> [Registered; 8] {
    [
        Registered::of::<cors::Cors>(),
        Registered::of::<cost_cap::CostCap>(),
        Registered::of::<deny_params::DenyParams>(),
        Registered::of::<ip_allow::IpAllow>(),
        Registered::of::<model_map::ModelMap>(),
        Registered::of::<oa_repair::OaRepair>(),
        Registered::of::<set_headers::SetHeaders>(),
        Registered::of::<sse_heartbeat::SseHeartbeat>(),
    ]
}
