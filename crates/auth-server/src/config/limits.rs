//! Rates such as `30/1m, 300/1h`.

use std::time::Duration;

use auth_core::attempts::Rate;

use super::parse::{self, Reason, duration};

/// The most rates of one limit: each is a row that every attempt writes.
const MOST_RATES: usize = 4;
/// The most in one window, and the longest window: a day.
const MOST: u64 = 1_000_000;
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with rates, where something is.
pub(super) fn check_rates(text: &str) -> Result<(), Reason> {
    read_rates(text).map(drop)
}

/// The rates of a text that was checked.
pub(super) fn rates(text: &str) -> Vec<Rate> {
    read_rates(text).unwrap_or_default()
}

fn read_rates(text: &str) -> Result<Vec<Rate>, Reason> {
    let rates = parse::list(text).iter().map(|item| read_rate(item)).collect::<Result<Vec<_>, _>>()?;
    if rates.is_empty() || rates.len() > MOST_RATES {
        return Err("it is not one to four rates");
    }
    Ok(rates)
}

fn read_rate(text: &str) -> Result<Rate, Reason> {
    let (limit, per) = text.split_once('/').ok_or("a rate is not `NUMBER/DURATION`")?;
    let (limit, per) = (parse::number(limit)?, duration(per)?);
    if !(1..=MOST).contains(&limit) {
        return Err("a number is not from 1 to 1000000");
    }
    if per < Duration::from_secs(1) || per > LONGEST {
        return Err("a duration is not from 1s to 24h");
    }
    Ok(Rate { limit: u32::try_from(limit).unwrap_or(u32::MAX), per })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_numbers_in_durations() {
        let rate = |limit, seconds| Rate { limit, per: Duration::from_secs(seconds) };
        assert_eq!(rates("30/1m, 300/1h"), [rate(30, 60), rate(300, 3_600)]);
        assert_eq!(rates("1/1s"), [rate(1, 1)]);
        for text in [
            "",
            ",",
            "30",
            "30/",
            "/1m",
            "0/1m",
            "1000001/1m",
            "-1/1m",
            "30/1",
            "30/0s",
            "30/25h",
            "30/500ms",
            "30/1m/1h",
        ] {
            assert!(check_rates(text).is_err(), "{text}");
        }
        assert!(check_rates("1/1s,1/2s,1/3s,1/4s").is_ok() && check_rates("1/1s,1/2s,1/3s,1/4s,1/5s").is_err());
    }
}
