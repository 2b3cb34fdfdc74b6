//! Logs: one line an event, UTC, as text or JSON, on standard error.
//!
//! Records of the `log` crate, by which other crates speak, become events of their own targets. A test holds all of it free of
//! secrets, at every level.

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::config::{LogFormat, LogSettings};

/// The logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("`log.level` is not a log filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody set up logs before.
    #[error("logs are set up already")]
    Twice(#[from] TryInitError),
}

/// Sets up the logs of this process, panics included.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    subscriber(json, &settings.level, std::io::stderr)?.try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// What [`init`] sets up, on any writer.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn subscriber<W>(json: bool, filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().with_regex(false).parse(filter)?;
    let lines = fmt::layer::<Registry>().with_writer(writer);
    let lines = if json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    Ok(tracing_subscriber::registry().with(lines).with(filter))
}

/// A panic as a log line. Text that was put together at run time may hold anything, so only literals are shown.
fn log_panic(info: &PanicHookInfo<'_>) {
    let reason = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
    let place = info.location().map(ToString::to_string);
    tracing::error!(reason, place, "panicked");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool, filter: &str, work: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        tracing::subscriber::with_default(subscriber(json, filter, move || writer.clone()).unwrap(), work);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_is_json_in_utc_with_the_fields_of_its_request() {
        let text = logged(true, "info", || {
            let span = tracing::info_span!("request", request_id = "r1", route = tracing::field::Empty);
            span.record("route", "/livez");
            span.in_scope(|| tracing::warn!(cause = "why", "what"));
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{text}");
        assert_eq!((&line["level"], &line["message"], &line["cause"]), (&"WARN".into(), &"what".into(), &"why".into()));
        assert_eq!((&line["span"]["request_id"], &line["span"]["route"]), (&"r1".into(), &"/livez".into()));
    }

    #[test]
    fn control_characters_make_no_second_line() {
        for json in [true, false] {
            let text = logged(json, "info", || tracing::info!(cause = "a\r\nb\u{1b}[31m\u{0}c", "what"));
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(!text.trim_end().contains(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn the_filter_decides() {
        let work = || {
            tracing::info!(target: "one", "seen");
            tracing::info!(target: "other", "unseen");
        };
        assert_eq!(logged(false, "warn,one=info", work).lines().count(), 1);
        assert!(matches!(subscriber(false, "x=loud", io::sink), Err(TelemetryError::Filter(_))));
    }

    #[test]
    fn only_literal_words_of_a_panic_are_shown() {
        let text = logged(true, "error", || {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(log_panic));
            let secret = "canary";
            let literal = std::panic::catch_unwind(|| panic!("said before"));
            let formatted = std::panic::catch_unwind(|| panic!("{secret} said at run time"));
            std::panic::set_hook(hook);
            assert!(literal.is_err() && formatted.is_err());
        });
        assert!(text.contains("said before") && text.contains("telemetry.rs"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}
