//! The memory of hashes: as much as may be in use at once, kept for the next one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

/// Memory for a number of hashes at once. Whoever comes when all of it is in use waits: that is what bounds the hashes.
///
/// A permit stands for the memory of one of our own hashes. One that needs more takes as many permits as it needs memory,
/// and the memory kept for them goes first; one that needs more than all of it takes all. So what is in use at once is
/// never more than all permits, or one hash.
pub(super) struct Memories {
    state: Mutex<State>,
    changed: Condvar,
    /// The size that is kept, in blocks.
    size: usize,
    permits: usize,
}

struct State {
    /// How many more may be taken.
    permits: usize,
    free: Vec<Memory>,
    /// Turns that were drawn, and those that came: whoever needs much is not overtaken for ever by those who need little.
    drawn: u64,
    served: u64,
    /// The most permits that anybody took.
    #[cfg(test)]
    most: usize,
}

/// Memory that is in use until this is dropped.
pub(super) struct Taken<'a> {
    memories: &'a Memories,
    permits: usize,
    memory: Option<Memory>,
}

struct Memory(Vec<Block>);

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Memories {
    /// For `at_once` hashes, and at least one; memory of `size` blocks is kept.
    pub(super) fn new(at_once: usize, size: usize) -> Self {
        let permits = at_once.max(1);
        let state = State {
            permits,
            free: Vec::new(),
            drawn: 0,
            served: 0,
            #[cfg(test)]
            most: 0,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), size, permits }
    }

    /// Memory of at least `blocks`, when it is one's turn. `None` where the system has none.
    pub(super) fn take(&self, blocks: usize) -> Option<Taken<'_>> {
        // From here on a drop gives the permits back.
        let mut taken = self.hold(blocks);
        // One that is too small is dropped first: growing it would hold both for a moment, and copy.
        let free = taken.memory.take().filter(|memory| memory.0.len() >= blocks);
        taken.memory = Some(free.or_else(|| Memory::new(blocks))?);
        Some(taken)
    }

    /// The permits for so much memory (a block has 1 KiB), for whoever brings their own.
    pub(super) fn hold(&self, blocks: usize) -> Taken<'_> {
        let permits = blocks.div_ceil(self.size.max(1)).clamp(1, self.permits);
        let mut state = self.lock();
        let turn = state.drawn;
        state.drawn += 1;
        while state.served != turn || state.permits < permits {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.served += 1;
        state.permits -= permits;
        #[cfg(test)]
        {
            state.most = state.most.max(permits);
        }
        let memory = state.free.pop();
        // What is kept never exceeds the permits that are left.
        let left = state.permits.min(state.free.len());
        let surplus = state.free.split_off(left);
        drop(state);
        self.changed.notify_all();
        drop(surplus);
        // Only one hash of our own size has a use for what is kept; whoever brings more lets it go.
        let memory = memory.filter(|_| blocks <= self.size);
        Taken { memories: self, permits, memory }
    }

    /// How many are kept now.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        let state = self.lock();
        assert!(state.free.iter().all(|memory| memory.0.len() == self.size));
        state.free.len()
    }

    /// The most permits that anybody took.
    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.lock().most
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn new(blocks: usize) -> Option<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::new());
        Some(Self(memory))
    }
}

impl Taken<'_> {
    /// The first `blocks` of it.
    pub(super) fn blocks(&mut self, blocks: usize) -> Option<&mut [Block]> {
        self.memory.as_mut()?.0.get_mut(..blocks)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // What a stored hash of another cost needed is not kept, and goes before the next one is made.
        let own = self.memory.take().filter(|memory| memory.0.len() == self.memories.size);
        let mut state = self.memories.lock();
        state.permits += self.permits;
        state.free.extend(own);
        drop(state);
        self.memories.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_are_in_use_at_once_than_may_be() {
        let memories = Memories::new(2, 8);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let taken = memories.take(8).unwrap();
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        assert!((1..=2).contains(&memories.kept()));
    }

    #[test]
    fn what_fails_or_panics_gives_its_permit_back() {
        let memories = Memories::new(1, 8);
        assert!(memories.take(usize::MAX).is_none(), "nobody has so much");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _taken = memories.take(8).unwrap();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(memories.take(8).unwrap().blocks(8).map(|blocks| blocks.len()), Some(8));
    }

    #[test]
    fn memory_of_another_size_is_not_kept_and_the_next_one_is_of_its_own() {
        let memories = Memories::new(1, 8);
        drop(memories.take(16).unwrap());
        assert_eq!(memories.kept(), 0);
        drop(memories.take(4).unwrap());
        assert_eq!(memories.kept(), 0);
        drop(memories.hold(0));
        assert_eq!(memories.kept(), 0);
        drop(memories.take(8).unwrap());
        assert_eq!(memories.kept(), 1);
        assert!(memories.take(16).unwrap().blocks(16).is_some());
    }

    /// Sixteen blocks in two permits: whoever needs nine has them alone, and nothing is kept beside it.
    #[test]
    fn whoever_needs_more_takes_the_permits_of_others() {
        let memories = Memories::new(2, 8);
        drop((memories.take(8).unwrap(), memories.take(8).unwrap()));
        assert_eq!(memories.kept(), 2);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for blocks in [8, 9, 8, 16, 64, 8, 1] {
                let (memories, now, most) = (&memories, &now, &most);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let held = memories.hold(blocks);
                        let used = blocks.min(16);
                        most.fetch_max(now.fetch_add(used, Ordering::SeqCst) + used, Ordering::SeqCst);
                        assert!(memories.kept() * 8 <= 16 - used.min(16));
                        std::thread::yield_now();
                        now.fetch_sub(used, Ordering::SeqCst);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 16);
    }

    /// Those who need little come without end; the one who needs all gets its turn.
    #[test]
    fn whoever_needs_much_is_not_overtaken() {
        let memories = Memories::new(2, 8);
        let first = memories.take(8).unwrap();
        std::thread::scope(|scope| {
            let large = scope.spawn(|| drop(memories.hold(16)));
            while memories.lock().drawn < 2 {
                std::thread::yield_now();
            }
            let small = scope.spawn(|| drop(memories.take(8)));
            while memories.lock().drawn < 3 {
                std::thread::yield_now();
            }
            assert_eq!(memories.lock().served, 1, "there is a permit for the last, and its turn has not come");
            drop(first);
            large.join().unwrap();
            small.join().unwrap();
        });
    }
}
