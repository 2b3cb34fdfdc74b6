//! Asking an HTTP server, for commands: one question, one answer, no redirects.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// The most of an answer that is read: far above any of ours, far below what hurts.
const LIMIT: u64 = 1 << 20;

/// Asks.
pub(crate) struct Asker {
    agent: Agent,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// No answer came, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(String);

impl Asker {
    /// Waits so long for an answer, and believes the certificates that this machine trusts.
    pub(crate) fn new(patience: Duration) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            // An answer is judged for itself, and a proxy of the environment would be judged instead of the server.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("auth-server/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: config.into() }
    }

    /// Asks.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub(crate) fn get(&self, url: &str) -> Result<Answer, NoAnswer> {
        self.get_with(url, &[])
    }

    /// Asks with more headers.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub(crate) fn get_with(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        let request = headers.iter().fold(self.agent.get(url), |request, (name, value)| request.header(*name, *value));
        let mut response = request.call().map_err(|error| NoAnswer(error.to_string()))?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        let body = response.body_mut().as_reader().take(LIMIT).read_to_end(&mut bytes);
        body.map_err(|error| NoAnswer(error.to_string()))?;
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").finish_non_exhaustive()
    }
}

impl Answer {
    /// The first header of that name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }
}
