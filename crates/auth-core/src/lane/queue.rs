//! Who is next, and who has to go: a fair queue without threads and without a clock.
//!
//! Keys take turns, whatever they have waiting. There is one limit for all of them: a key that is alone may use the whole
//! queue, and gives places back to those who come. A full queue takes a job of a key that has less than another one by
//! displacing the newest job of the key that has most, so that each key ends up with what it asks for or with an equal
//! share. Every operation costs at most the logarithm of the keys; a flood makes none of them slower.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// Jobs that wait, by key.
#[derive(Debug)]
pub(super) struct FairQueue<K, T> {
    limit: usize,
    len: usize,
    /// The keys with jobs, by the number of their turn.
    turns: BTreeMap<u64, K>,
    shares: HashMap<K, Share<T>>,
    /// The same keys by the number of their jobs.
    lengths: BTreeSet<(usize, K)>,
    /// Of turns and of jobs; never used twice.
    next_number: u64,
}

#[derive(Debug)]
struct Share<T> {
    turn: u64,
    /// By their numbers, the oldest first.
    jobs: VecDeque<(u64, T)>,
}

/// What became of a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed<T> {
    /// It waits under this number.
    Queued(u64),
    /// It waits under this number, in the place of another one.
    Displaced(u64, T),
    /// There is no place.
    Full(T),
}

impl<K: Copy + Eq + Hash + Ord, T> FairQueue<K, T> {
    /// An empty queue of `limit` places.
    pub(super) fn new(limit: usize) -> Self {
        let (turns, shares, lengths) = (BTreeMap::new(), HashMap::new(), BTreeSet::new());
        Self { limit, len: 0, turns, shares, lengths, next_number: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Another number of places. What waits keeps its place, also where there are fewer now.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Queues a job behind those of its key; a key that had none waits for every other one's turn.
    pub(super) fn push(&mut self, key: K, job: T) -> Pushed<T> {
        if self.len < self.limit {
            return Pushed::Queued(self.add(key, job));
        }
        match self.loser(key).and_then(|longest| self.take(longest, VecDeque::pop_back)) {
            Some(displaced) => Pushed::Displaced(self.add(key, job), displaced),
            None => Pushed::Full(job),
        }
    }

    /// Whether there is no place for another job of this key.
    pub(super) fn is_full_for(&self, key: K) -> bool {
        self.len >= self.limit && self.loser(key).is_none()
    }

    /// The key that would give a place of a full queue to this one.
    fn loser(&self, key: K) -> Option<K> {
        let own = self.shares.get(&key).map_or(0, |share| share.jobs.len());
        // One less there and one more here is no worse: to trade places would be of no use to anybody.
        self.lengths.last().filter(|(most, _)| *most > own + 1).map(|(_, longest)| *longest)
    }

    /// The next job: the oldest of the key whose turn it is, which then waits for every other one's turn.
    pub(super) fn pop(&mut self) -> Option<T> {
        let (_, key) = self.turns.pop_first()?;
        let turn = self.number();
        self.shares.get_mut(&key)?.turn = turn;
        self.turns.insert(turn, key);
        self.take(key, VecDeque::pop_front)
    }

    /// Takes a job back, unless it is gone.
    pub(super) fn remove(&mut self, key: K, number: u64) -> Option<T> {
        self.take(key, |jobs| {
            let place = jobs.binary_search_by_key(&number, |(number, _)| *number).ok()?;
            jobs.remove(place)
        })
    }

    /// Takes out the jobs at the heads of the keys for as long as `over` says so of them: all of them, where what is true
    /// of a job is true of those before it.
    pub(super) fn take_heads(&mut self, over: impl Fn(&T) -> bool) -> Vec<T> {
        let keys: Vec<K> = self.turns.values().copied().collect();
        let mut taken = Vec::new();
        for key in keys {
            let next = |jobs: &mut VecDeque<(u64, T)>| match jobs.front() {
                Some((_, job)) if over(job) => jobs.pop_front(),
                _ => None,
            };
            while let Some(job) = self.take(key, next) {
                taken.push(job);
            }
        }
        taken
    }

    /// The oldest job of each key.
    pub(super) fn heads(&self) -> impl Iterator<Item = &T> {
        self.shares.values().filter_map(|share| share.jobs.front()).map(|(_, job)| job)
    }

    fn add(&mut self, key: K, job: T) -> u64 {
        let (number, turn) = (self.number(), self.number());
        let share = self.shares.entry(key).or_insert_with(|| Share { turn, jobs: VecDeque::new() });
        let before = share.jobs.len();
        share.jobs.push_back((number, job));
        self.len += 1;
        self.turns.insert(share.turn, key);
        self.lengths.remove(&(before, key));
        self.lengths.insert((before + 1, key));
        number
    }

    /// Takes a job out of a key's share, and the share out of the queue when it is empty.
    fn take(&mut self, key: K, out: impl FnOnce(&mut VecDeque<(u64, T)>) -> Option<(u64, T)>) -> Option<T> {
        let share = self.shares.get_mut(&key)?;
        let before = share.jobs.len();
        let (_, job) = out(&mut share.jobs)?;
        self.len -= 1;
        self.lengths.remove(&(before, key));
        if share.jobs.is_empty() {
            self.turns.remove(&share.turn);
            self.shares.remove(&key);
        } else {
            self.lengths.insert((before - 1, key));
        }
        Some(job)
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

#[cfg(test)]
mod tests;
