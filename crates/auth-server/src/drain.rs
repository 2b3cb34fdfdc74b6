//! The time between the wish to stop and the stop: whoever asks for readiness is told that this instance goes, and requests are
//! still served.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether this instance is about to stop. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Drain(Arc<AtomicBool>);

impl Drain {
    /// Whether it has begun: `/readyz` is answered 503 from then on, and every connection is closed after its reply.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Begins it when `stop` is ready, and is ready itself after `delay`.
    pub async fn then_stop(self, stop: impl Future<Output = ()>, delay: Duration) {
        stop.await;
        self.0.store(true, Ordering::Relaxed);
        if !delay.is_zero() {
            tracing::info!(seconds = delay.as_secs(), "told to stop: not ready any more, and serving for so long yet");
            tokio::time::sleep(delay).await;
        }
    }
}
