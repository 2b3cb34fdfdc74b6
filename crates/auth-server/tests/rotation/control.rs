//! Verification that never stops while every key is changed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_core::token::{Algorithm, SigningKey};
use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use crate::Site;
use crate::client::Client;
use crate::judge::{Counts, Held, Judge};
use crate::process::assert_done;

/// Threads that verify.
const CLIENTS: u64 = 4;
/// Tokens that each of them keeps and presents again.
const POOL: usize = 100;
/// Verifications on each server between two changes: some of everybody's.
const BETWEEN: u64 = 32;

/// Signs in, refreshes, and presents what it has to both servers until it is told to stop.
fn verify_all_the_time(site: &Site, judge: &Judge, number: u64, stop: &AtomicBool) {
    let mut client = Client::of(site);
    let name = format!("user{number}");
    let (mut pool, mut refresh_token, mut era) = (Vec::<Held>::new(), None::<String>, 0);
    let mut round = number;
    while !stop.load(Ordering::SeqCst) {
        round += 1;
        let here = usize::try_from(round % 2).unwrap();
        let answer = if let Some(token) = &refresh_token {
            client.refresh(here, token)
        } else {
            era = judge.era();
            client.sign_in(here, &name)
        };
        match (answer.status, answer.body["access_token"].as_str()) {
            (200, Some(token)) => {
                refresh_token = answer.body["refresh_token"].as_str().map(str::to_owned);
                pool.push(Held::new(token, era));
            }
            // Its session ended with a root key, and the next round begins another.
            (401, _) if era < judge.era() => refresh_token = None,
            (status, _) => panic!(
                "{status} for {}: {}",
                if refresh_token.is_some() { "a refresh" } else { "a sign-in" },
                answer.body
            ),
        }
        // The newest on the other server at once, and older ones on both.
        let newest = pool.len().saturating_sub(1);
        let picks = (0..16).map(|pick| {
            if pick == 0 { newest } else { (usize::try_from(round).unwrap() * 7 + pick * 13) % pool.len().max(1) }
        });
        for (pick, index) in picks.enumerate().filter(|(_, index)| *index < pool.len()).collect::<Vec<_>>() {
            let sent = Instant::now();
            let answer = client.verify((answer.server + 1 + pick) % 2, &pool[index].token);
            judge.note(&pool[index], sent, answer.status, answer.server);
        }
        if let [.., one, other] = pool.as_slice()
            && one.token != other.token
        {
            let forged = other.forged(one);
            let sent = Instant::now();
            let answer = client.verify(here, &forged.token);
            judge.note(&forged, sent, answer.status, answer.server);
        }
        if pool.len() >= POOL {
            pool.remove(usize::try_from(round).unwrap() * 31 % POOL);
        }
        // Those of ended sessions stay for a while: they have to be refused.
        pool.retain(|held| held.era + 1 >= judge.era());
    }
    judge.counts.lock().unwrap().retries += client.retries;
}

/// What both servers and the commands are told.
#[derive(Clone)]
struct Told {
    roots: Vec<(String, String)>,
    algorithm: Algorithm,
    secret: String,
}

impl Told {
    fn environment(&self) -> Vec<(&'static str, String)> {
        let roots: Vec<_> = self.roots.iter().map(|(id, key)| format!("{id}:{key}")).collect();
        let mut environment =
            vec![("AUTH_SECRETS_KEYS", roots.join(",")), ("AUTH_TOKEN_KEY_PUBLISH_AHEAD", "2s".to_owned())];
        match self.algorithm {
            Algorithm::Hs256 => environment.push(("JWT_SECRET", self.secret.clone())),
            other => environment.push(("AUTH_TOKEN_ALGORITHM", other.as_str().to_owned())),
        }
        environment
    }
}

struct Control<'s> {
    site: &'s Site,
    judge: &'s Judge,
    told: Told,
}

/// Random, in base64.
fn random_text() -> String {
    use auth_core::entropy::{Entropy as _, SystemEntropy};
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes).unwrap();
    Base64::encode_string(&bytes)
}

impl Control<'_> {
    fn restart(&self, number: usize) {
        let environment = self.told.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.site.restart(number, &environment);
        self.judge.settle(BETWEEN);
    }

    /// One server after the other.
    fn restart_both(&self) {
        self.restart(1);
        self.restart(0);
    }

    fn keys(&self, arguments: &[&str]) -> Value {
        let environment = self.told.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let arguments = [&["--output", "json", "keys"], arguments].concat();
        let output = self.site.desk.run(&arguments, &self.site.environment(&environment));
        serde_json::from_str(assert_done(&output)).unwrap()
    }

    /// A change, and time for everybody to meet it.
    fn change(&self, arguments: &[&str]) {
        self.keys(arguments);
        self.judge.settle(BETWEEN);
    }

    fn in_state(&self, state: &str) -> Option<String> {
        let list = self.keys(&["list"]);
        let mut keys = list["keys"].as_array().unwrap().iter().rev();
        keys.find(|key| key["state"] == state).map(|key| key["id"].as_str().unwrap().to_owned())
    }

    fn retire(&self, state: &str) {
        let kid = self.in_state(state).unwrap_or_else(|| panic!("no key is {state}"));
        self.judge.retires(&kid, || drop(self.keys(&["retire", &kid, "--yes"])));
        self.judge.settle(BETWEEN);
    }

    fn import(&self) {
        let (_, private) = SigningKey::generate(self.told.algorithm).unwrap();
        let text = Base64::encode_string(private.expose());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        self.site.desk.write("own.pem", &pem);
        self.change(&["import", "own.pem", "--now"]);
    }

    /// Everything that can be done to keys, once; the long way with a shared secret in between and the old root key gone.
    fn round(&mut self, number: usize, is_long: bool) {
        self.change(&["rotate", "--now"]);
        self.change(&["rotate"]);
        self.retire("published");
        self.change(&["rotate"]);
        self.change(&["rotate", "--now"]);
        self.retire("verifying");
        self.retire("signing");
        self.import();
        // Signs by itself two seconds from here on.
        self.change(&["rotate"]);
        let next = if self.told.algorithm == Algorithm::Es256 { Algorithm::EdDsa } else { Algorithm::Es256 };
        for algorithm in [Algorithm::Hs256, next].into_iter().skip(usize::from(!is_long)) {
            self.told = Told { algorithm, secret: random_text(), ..self.told.clone() };
            self.restart_both();
        }
        let old = self.told.roots[0].0.clone();
        self.told.roots.push((format!("root-{number}"), random_text()));
        self.restart_both();
        self.told.roots.reverse();
        self.restart_both();
        self.change(&["reseal"]);
        self.judge.root_key_goes(|| drop(self.keys(&["drop-root", &old, "--yes"])));
        self.judge.settle(BETWEEN);
        self.told.roots.truncate(1);
        if is_long {
            self.restart_both();
        }
        self.judge.settle_retired();
    }
}

/// At least one round, and as many as begin within `time`.
fn run(site: &Site, time: Duration) -> (Counts, usize) {
    let (judge, stop) = (&Judge::default(), AtomicBool::new(false));
    // It begins with a shared secret, as it does for whoever comes from the tutorial.
    let roots = vec![("root-0".to_owned(), random_text())];
    let told = Told { roots, algorithm: Algorithm::Hs256, secret: random_text() };
    let mut control = Control { site, judge, told };
    let environment = control.told.environment();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (0..2).for_each(|number| site.restart(number, &environment));
    (0..CLIENTS).for_each(|number| Client::of(site).register(&format!("user{number}")));
    let since = Instant::now();
    let mut rounds = 0;
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let stop = &stop;
            scope.spawn(move || verify_all_the_time(site, judge, number, stop));
        }
        // Also where the control panics: the clients must not go on for ever.
        let control = scope.spawn(move || {
            judge.settle(BETWEEN);
            control.told.algorithm = Algorithm::Es256;
            control.restart_both();
            while rounds == 0 || since.elapsed() < time {
                rounds += 1;
                control.round(rounds, !time.is_zero());
            }
            rounds
        });
        let done = control.join();
        stop.store(true, Ordering::SeqCst);
        rounds = done.unwrap();
    });
    let counts = judge.counts.lock().unwrap().clone();
    (counts, rounds)
}

/// One round; with `ROTATION_SOAK_SECONDS` as many as that time takes.
fn nobody_notices(site: &Site) {
    let seconds = std::env::var("ROTATION_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let since = Instant::now();
    let (counts, rounds) = run(site, Duration::from_secs(seconds));
    println!(
        "{rounds} round(s) in {:?}: {} verifications of tokens by {} keys, {} + {} on the servers; {} rightly refused, {} \
         forgeries refused, {} false refusals, {} false acceptances; what was retired or ended was accepted for {:?} at most; \
         {} requests sent again",
        since.elapsed(),
        counts.verifications,
        counts.keys_met.len(),
        counts.by_server[0],
        counts.by_server[1],
        counts.rightly_refused,
        counts.forgeries_refused,
        counts.false_refusals,
        counts.false_acceptances,
        counts.longest,
        counts.retries,
    );
    assert_eq!((counts.false_refusals, counts.false_acceptances), (0, 0));
    assert!(counts.verifications >= 1_000 && counts.keys_met.len() >= 5);
    assert!(counts.rightly_refused > 0 && counts.forgeries_refused > 100);
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn keys_change_and_nobody_notices_postgres() {
    nobody_notices(&Site::postgres());
}

#[test]
fn keys_change_and_nobody_notices_sqlite() {
    nobody_notices(&Site::sqlite());
}
