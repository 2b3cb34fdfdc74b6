use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What may happen to a queue; jobs are numbered as they come.
#[derive(Debug, Clone)]
enum Step {
    Push(u8),
    Pop,
    /// Takes back the job of this rank among those that wait.
    Remove(usize),
    /// Takes out what came before the newest job of this rank.
    Heads(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u8..5).prop_map(Step::Push),
        2 => Just(Step::Pop),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Heads),
    ];
    prop::collection::vec(step, 0..200)
}

/// Jobs that wait, as a list: key, number in the queue, job.
type Model = Vec<(u8, u64, usize)>;

fn share(model: &Model, key: u8) -> usize {
    model.iter().filter(|(other, ..)| *other == key).count()
}

fn forget(model: &mut Model, job: usize) -> u8 {
    let place = model.iter().position(|(_, _, other)| *other == job).expect("a job that left was there");
    model.remove(place).0
}

proptest! {
    #[test]
    fn every_job_leaves_once_and_the_limit_holds(limit in 0_usize..12, steps in steps()) {
        let mut queue = FairQueue::new(limit);
        let mut model = Model::new();
        for (job, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(key) => {
                    let before = model.clone();
                    let is_full = queue.is_full_for(key);
                    let pushed = queue.push(key, job);
                    prop_assert_eq!(is_full, matches!(pushed, Pushed::Full(_)), "as it was foretold");
                    match pushed {
                        Pushed::Queued(number) => {
                            prop_assert!(before.len() < limit);
                            model.push((key, number, job));
                        }
                        Pushed::Displaced(number, other) => {
                            prop_assert_eq!(before.len(), limit);
                            let loser = forget(&mut model, other);
                            model.push((key, number, job));
                            prop_assert!(share(&model, loser) >= share(&model, key), "the loser keeps no less");
                            let newest = before.iter().filter(|(key, ..)| *key == loser).map(|(.., job)| *job).max();
                            prop_assert_eq!(newest, Some(other), "it lost its newest job");
                        }
                        Pushed::Full(refused) => {
                            prop_assert_eq!((before.len(), refused), (limit, job));
                            let most = (0..5).map(|key| share(&before, key)).max().unwrap_or(0);
                            prop_assert!(most <= share(&before, key) + 1, "nobody has more than one above it");
                        }
                    }
                }
                Step::Pop => match queue.pop() {
                    Some(job) => {
                        let before = model.clone();
                        let key = forget(&mut model, job);
                        let oldest = before.iter().filter(|(other, ..)| *other == key).map(|(.., job)| *job).min();
                        prop_assert_eq!(oldest, Some(job), "the oldest of its key");
                    }
                    None => prop_assert!(model.is_empty()),
                },
                Step::Remove(rank) => {
                    let found = model.get(rank.checked_rem(model.len()).unwrap_or(0)).copied();
                    if let Some((key, number, job)) = found {
                        prop_assert_eq!(queue.remove(key, number), Some(job));
                        prop_assert_eq!(queue.remove(key, number), None, "it is gone");
                        forget(&mut model, job);
                    }
                }
                Step::Heads(rank) => {
                    let bound = model.get(rank.checked_rem(model.len()).unwrap_or(0)).map_or(0, |(.., job)| *job);
                    let taken: BTreeSet<usize> = queue.take_heads(|job| *job < bound).into_iter().collect();
                    let old: BTreeSet<usize> =
                        model.iter().map(|(.., job)| *job).filter(|job| *job < bound).collect();
                    prop_assert_eq!(&taken, &old);
                    model.retain(|(.., job)| !taken.contains(job));
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            let oldest = (0..5).filter_map(|key| model.iter().filter(|(other, ..)| *other == key).map(|(.., job)| *job).min());
            prop_assert_eq!(queue.heads().copied().collect::<BTreeSet<_>>(), oldest.collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn keys_that_always_have_jobs_get_every_kth_turn_each(keys in 1_u8..8, rounds in 1_usize..20, each in 1_usize..4) {
        let mut queue = FairQueue::new(1_000);
        // The first one comes with a hundred times more.
        for key in 0..keys {
            for _ in 0..if key == 0 { each * 100 } else { each } {
                queue.push(key, key);
            }
        }
        for _ in 0..rounds {
            let mut turns: Vec<u8> = (0..keys).filter_map(|_| queue.pop()).collect();
            // Each comes back with another job at once.
            for key in &turns {
                queue.push(*key, *key);
            }
            turns.sort_unstable();
            prop_assert_eq!(turns, (0..keys).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whoever_comes_to_a_full_queue_gets_an_equal_share(limit in 1_usize..40, keys in 2_u8..6) {
        let mut queue = FairQueue::new(limit);
        for key in 0..keys {
            for _ in 0..limit * 2 {
                queue.push(key, key);
            }
        }
        let mut shares = vec![0; usize::from(keys)];
        while let Some(key) = queue.pop() {
            shares[usize::from(key)] += 1;
        }
        let least = limit / usize::from(keys);
        prop_assert_eq!(shares.iter().sum::<usize>(), limit);
        prop_assert!(shares.iter().all(|share| (least..=least + 1).contains(share)), "{:?}", shares);
    }
}
