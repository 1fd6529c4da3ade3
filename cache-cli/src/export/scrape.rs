//! The scrape configuration of Prometheus.

use ureq::http::Uri;

use super::quoted;
use crate::options::Export;

/// The metrics of one service.
pub(super) struct Target {
    scheme: String,
    address: String,
    path: String,
}

impl Target {
    /// Returns the metrics below the admin routes that are named, or those of the examples.
    pub(super) fn of(export: &Export) -> Result<Self, String> {
        let url = export.at.address().unwrap_or_else(|| "http://localhost:3000/ops".to_owned());
        let invalid = || format!("{url}: write an address such as http://localhost:3000/ops");
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| invalid())?;
        let (Some(scheme), Some(address)) = (uri.scheme_str(), uri.authority()) else {
            return Err(invalid());
        };
        if address.as_str().contains('@') {
            return Err("the address has a user or a password: leave it out".to_owned());
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            address: address.to_string(),
            path: format!("{}/metrics", uri.path().trim_end_matches('/')),
        })
    }
}

/// Returns the configuration. The token is in a file that only Prometheus reads.
pub(super) fn file(target: &Target) -> String {
    let Target { scheme, address, path } = target;
    format!(
        "\
# Written by `cachery export prometheus`. The token is that of a reader: `Access::read_token`.
global:
  scrape_interval: 15s
  evaluation_interval: 15s
rule_files:
  - alerts.yml
scrape_configs:
  - job_name: cachery
    scheme: {scheme}
    metrics_path: {path}
    authorization:
      credentials_file: cachery-token
    static_configs:
      - targets: [{address}]
",
        path = quoted(path),
        address = quoted(address),
    )
}
