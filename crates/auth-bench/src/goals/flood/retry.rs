//! Whether `Retry-After` is the truth: whoever waits as long as it says, while nobody else comes, is let in.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::Fallible;
use crate::figures::{Series, float, share};
use crate::http::Client;
use crate::process::Process;
use crate::request::sign_in;
use crate::table::{Row, Target};

/// In seconds of work: twice what the queue holds (1.5 s), so that no more are refused than fit into it later.
const BURST: f64 = 3.0;

#[derive(Debug, Default, PartialEq)]
struct Burst {
    refused: usize,
    /// Of those, by their second attempt.
    let_in: usize,
    told: Vec<u64>,
}

/// Everybody signs in at once; whoever is refused waits as told and tries once more. Answers rows, and the time that was
/// told most often, in seconds.
pub(super) fn truthful(server: &Process, capacity: f64) -> Fallible<(Vec<Row>, u64)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let clients = (capacity * BURST).clamp(8.0, 5_000.0) as usize;
    let requests: Arc<Vec<_>> = Arc::new((1..=clients).map(sign_in).collect());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = server.address;
    let burst = LocalSet::new().block_on(&runtime, async {
        let asking = (0..clients).map(|number| {
            let requests = Arc::clone(&requests);
            tokio::task::spawn_local(async move {
                match requests.get(number) {
                    Some(request) => twice(Client::new(address, None), request).await,
                    None => Ok(None),
                }
            })
        });
        let mut burst = Burst::default();
        for client in asking.collect::<Vec<_>>() {
            if let Some((told, let_in)) = client.await?? {
                burst.note(told, let_in);
            }
        }
        Fallible::Ok(burst)
    })?;
    let told: Series = burst.told.iter().map(|told| Duration::from_secs(*told).as_secs_f64()).collect();
    let let_in: Series = (burst.refused > 0).then(|| share(burst.let_in, burst.refused)).into_iter().collect();
    let refused: Series = [float(burst.refused)].into_iter().collect();
    let most = burst.usual();
    let rows = vec![
        Row::alone(2, format!("burst of {clients}: refused"), "", refused, Target::Told),
        Row::alone(2, "burst: `Retry-After`", "s", told, Target::Told),
        // A few may meet others who come back in the same moment.
        Row::alone(2, "burst: share of the refused whom waiting so long lets in", "", let_in, Target::AtLeast(0.99)),
    ];
    Ok((rows, most))
}

/// What a refused one was told, and whether it was let in then; `None` for one that was let in at once.
async fn twice(mut client: Client, request: &[u8]) -> Fallible<Option<(u64, bool)>> {
    let first = client.ask(request).await?;
    match first.status {
        200..300 => Ok(None),
        503 => {
            let told = first.retry_after.ok_or("a refusal without Retry-After")?;
            sleep(Duration::from_secs(told)).await;
            let second = client.ask(request).await?;
            Ok(Some((told, (200..300).contains(&second.status))))
        }
        status => Err(format!("a sign-in was answered {status}").into()),
    }
}

impl Burst {
    fn note(&mut self, told: u64, let_in: bool) {
        self.refused += 1;
        self.let_in += usize::from(let_in);
        self.told.push(told);
    }

    /// The median of what was told; a second where nobody was.
    fn usual(&self) -> u64 {
        let mut told = self.told.clone();
        told.sort_unstable();
        told.get(told.len() / 2).copied().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_counts_who_was_refused_and_who_was_let_in_then() {
        let mut burst = Burst::default();
        assert_eq!(burst.usual(), 1);
        for (told, let_in) in [(2, true), (3, false), (2, true)] {
            burst.note(told, let_in);
        }
        assert_eq!((burst.refused, burst.let_in, burst.usual()), (3, 2, 2));
    }
}
